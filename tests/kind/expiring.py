"""The harmed system as if its file said ``expiry: true`` for kind, and the account that this needs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import yaml

from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.access.permissions import where
from squall.platforms.kubernetes.access.rights import expiring
from squall.platforms.kubernetes.access.roles import account, roles
from squall.platforms.kubernetes.expiry import ACCOUNT
from squall.system.system import System
from tests.kind.account import kubectl
from tests.kind.gate import CONTEXT
from tests.kind.harmed import SYSTEM


def with_expiry() -> System:
    section = SYSTEM.platforms.kind
    assert section is not None
    platforms = SYSTEM.platforms.model_copy(update={"kind": section.model_copy(update={"expiry": True})})
    return SYSTEM.model_copy(update={"platforms": platforms})


@contextmanager
def granted(system: System) -> Iterator[None]:
    """Apply what ``squall rbac`` prints for the expiry, and take it away again."""
    section = system.platforms.kind
    assert section is not None
    documents = [*account(ACCOUNT), *roles(expiring([*Kind.grants().values()]), where(section, ()), ACCOUNT)]
    with closing(Kind(system, CONTEXT)) as on:
        on.check()
        on.deploy([], lambda line: None)
    kubectl("apply", "-f", "-", given=yaml.safe_dump_all(documents))
    try:
        yield
    finally:
        kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", given=yaml.safe_dump_all(documents[1:]))
