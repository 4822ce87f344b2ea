"""Every fault on the real cluster as an account that has the roles which ``squall rbac`` prints for it, and no more."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path

import pytest
import yaml

from squall.commands.rbac import _documents
from squall.faults.fault import Fault, need, parts
from squall.faults.pin import Pin
from squall.faults.registry import faults
from squall.faults.rollback import Rollback
from squall.platforms.kind.platform import Kind
from squall.run.targeting import make_schedule
from squall.system.system import System
from tests.crash.cases import LASTS, Case
from tests.crash.kind_cases import KIND
from tests.kind.account import Account, kubectl
from tests.kind.flow import flown
from tests.kind.gate import CONTEXT, ROOT
from tests.kind.harmed import NAMESPACE, new_run
from tests.kind.harmed import SYSTEM as HARMED
from tests.kind.users import arriving

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

# No harm to a cluster.
ELSEWHERE = {"LoadRise", "Nothing"}
# What needs something that the system has not: an autoscaler, and a version before.
ARRANGED: dict[str, Case] = {
    "kind pin": Case("kind", lambda: HARMED, lambda _: Pin("front"), CONTEXT),
    "kind rollback": Case("kind", lambda: HARMED, lambda _: Rollback("back"), CONTEXT),
}
CASES = {**KIND, **ARRANGED}


@pytest.fixture(scope="module", autouse=True)
def taken_away() -> Iterator[None]:
    """Take away at the end what works for ever."""
    yield
    for name in ("squall-machine", "squall-queue"):
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


@contextmanager
def arranged(name: str) -> Iterator[None]:
    """Give the system what one case needs; the next is deployed as if nothing had been."""
    if name == "kind pin":
        kubectl("autoscale", "deployment", "front", "-n", NAMESPACE, "--min=1", "--max=4", "--cpu-percent=90")
    if name == "kind rollback":
        released = {"spec": {"template": {"metadata": {"annotations": {"released": new_run()}}}}}
        kubectl("patch", "deployment", "back", "-n", NAMESPACE, "-p", json.dumps(released))
        kubectl("rollout", "status", "deployment/back", "-n", NAMESPACE, "--timeout=50s")
    try:
        yield
    finally:
        if name == "kind pin":
            kubectl("delete", "horizontalpodautoscaler", "front", "-n", NAMESPACE)


def fault_of(case: Case) -> Fault:
    (part,) = parts(case.harm(LASTS))
    return part.fault


def test_no_fault_is_forgotten() -> None:
    assert {type(fault_of(case)).__name__ for case in CASES.values()} | ELSEWHERE == set(faults())


@pytest.fixture
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Make an account with the fault's roles, and return the kubeconfig by which one acts as it."""
    case, name = CASES[request.param], f"test-{uuid.uuid4().hex[:8]}"
    fault, system = fault_of(case), case.system()
    documents = "---\n".join(_documents(system, [need(fault)], "kind", name))
    one = Account(name, list(yaml.safe_load_all(documents)))
    _deployed(system)
    one.grant()
    try:
        with arranged(request.param):
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


def users(system: System, folder: Path) -> AbstractContextManager[None]:
    """Return users of the one system that has any."""
    if not (ROOT / system.load.locustfile).is_file():
        return nullcontext()
    with closing(Kind(system, CONTEXT)) as on:
        return arriving(system, on.users_url(), folder, new_run())


@pytest.mark.parametrize(("account", "name"), [(name, name) for name in CASES], indirect=["account"], ids=list(CASES))
def test_a_fault_bites_under_exactly_its_roles(account: Path, name: str, tmp_path: Path) -> None:
    case = CASES[name]
    fault, system = fault_of(case), case.system()
    with users(system, tmp_path), acting(account, system) as on:
        assert on.missing(need(fault)) == []
        scenario = case.scenario(LASTS)
        evidence = flown(on, fault, lambda run: make_schedule(scenario, on, run)[0].target, list(system.services))
    assert evidence
    assert all(each.proven for each in evidence), evidence
    assert os.environ.get("KUBECONFIG") != str(account)
