"""Every fault on the real cluster as an account that has the roles which ``squall rbac`` prints for it, and no more."""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml

from squall.choosing import course
from squall.commands.rbac import _documents
from squall.faults.fault import Fault, parts
from squall.faults.registry import faults
from squall.load.process import Load
from squall.platforms.kind import Kind
from squall.system import System
from tests.crash.cases import LASTS, Case
from tests.crash.kind_cases import KIND
from tests.kind.account import Account, kubectl
from tests.kind.flow import flown
from tests.kind.gate import CONTEXT, ROOT
from tests.kind.harmed import new_run

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

# No harm to a cluster, or to none of these systems: one has no autoscaler, no version before, no queue.
ELSEWHERE = {"LoadRise", "Nothing", "Pin", "Rollback", "ConsumerStopped"}


@pytest.fixture(scope="module", autouse=True)
def taken_away() -> Iterator[None]:
    """Take the mill away at the end: it grinds for ever."""
    yield
    kubectl("delete", "namespace", "squall-machine", "--ignore-not-found", "--wait=false")


def fault_of(case: Case) -> Fault:
    (part,) = parts(case.harm(LASTS))
    return part.fault


def test_no_fault_is_forgotten() -> None:
    assert {type(fault_of(case)).__name__ for case in KIND.values()} | ELSEWHERE == set(faults())


@pytest.fixture
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Make an account with the fault's roles, and return the kubeconfig by which one acts as it."""
    case, name = KIND[request.param], f"test-{uuid.uuid4().hex[:8]}"
    fault, system = fault_of(case), case.system()
    documents = "---\n".join(_documents(system, [(fault.needs, fault.service)], "kind", name))
    one = Account(name, list(yaml.safe_load_all(documents)))
    _deployed(system)
    one.grant()
    try:
        yield one.kubeconfig(tmp_path / "kubeconfig")
    finally:
        one.revoke()


def _deployed(system: System) -> None:
    """The administrator's part: roles are of a namespace that is there."""
    with closing(Kind(system, CONTEXT)) as on:
        on.check()
        on.deploy([], lambda _: None)


@contextmanager
def acting(kubeconfig: Path, system: System) -> Iterator[Kind]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(kubeconfig))
        with closing(Kind(system, CONTEXT)) as on:
            yield on


@contextmanager
def users(system: System, folder: Path) -> Iterator[None]:
    """Users of the one system that has any: what its pools and its cache are asked for."""
    if not (ROOT / system.load.locustfile).is_file():
        yield
        return
    with closing(Kind(system, CONTEXT)) as on:
        url = on.users_url()
    load = Load.start(system.load, url, folder / "requests.bin", lambda kind, what: None, root=ROOT, run=new_run())
    try:
        yield
    finally:
        load.stop()


@pytest.mark.parametrize(("account", "name"), [(name, name) for name in KIND], indirect=["account"], ids=list(KIND))
def test_a_fault_bites_under_exactly_its_roles(account: Path, name: str, tmp_path: Path) -> None:
    case = KIND[name]
    fault, system = fault_of(case), case.system()
    with users(system, tmp_path), acting(account, system) as on:
        assert on.missing(fault.needs, fault.service) == []
        scenario = case.scenario(LASTS)
        evidence = flown(on, fault, lambda run: course(scenario, on, run)[0].target, list(system.services))
    assert evidence
    assert all(each.proven for each in evidence), evidence
    assert os.environ.get("KUBECONFIG") != str(account)
