"""Harms to nodes on the real cluster. They disturb whoever else uses it: run them alone."""

from collections.abc import Iterator

import pytest

from squall.errors import InjectionFailed
from squall.instances import Ended
from squall.platforms.kind.machine import Machine
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.harms.drain import DrainHarm
from squall.platforms.kubernetes.objects.nodes import kept
from squall.safety.audit import compare
from squall.safety.undo_log import perform
from tests.kind.harmed import Someone, bitten, free_of_marks, new_run, platform, undone
from tests.platforms.echo_cluster import quiet
from tests.platforms.harmed import ordered

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def run() -> str:
    return new_run()


@pytest.fixture(scope="module")
def kind(run: str) -> Iterator[Kind]:
    kind = platform()
    lease = kind.claim_run(run)
    kind.deploy([], quiet)
    yield kind
    perform(lease)
    kind.close()


@pytest.fixture
def someone(kind: Kind) -> Someone:
    return Someone(kind)


@pytest.fixture
def node(kind: Kind) -> str:
    return min({instance.node for instance in kind.instances("front")} & set(kind.workers()))


def test_a_cordoned_node_refuses_a_pod_and_is_freed(kind: Kind, run: str, node: str, someone: Someone) -> None:
    before, place = kind.baseline(), ObjectRef(NODE, node)
    with bitten(kind, run, ordered(kind, "Cordon", nodes=[node])) as (evidence,):
        assert f"a pod that asks for {node} is refused" in evidence.how
        assert someone.sees(place)["spec"]["unschedulable"]
    assert "unschedulable" not in someone.sees(place)["spec"]
    assert free_of_marks(kind, place)
    assert compare(before, kind.baseline(), run) == compare({}, {}, run)


def test_a_cordon_ends_when_it_is_told(kind: Kind, run: str, node: str, someone: Someone) -> None:
    harming = ordered(kind, "Cordon", nodes=[node])
    with bitten(kind, run, harming, lasts=5.0):
        (ending,) = harming.end(run)
        assert ending.ended is Ended.AS_STATED
        assert "unschedulable" not in someone.sees(ObjectRef(NODE, node))["spec"]


def test_a_node_that_someone_cordoned_before_our_write_stays_so(
    kind: Kind, run: str, node: str, someone: Someone
) -> None:
    place, harming = ObjectRef(NODE, node), ordered(kind, "Cordon", nodes=[node])
    undo = harming.undo(run)
    someone.writes(place, {"spec": {"unschedulable": True}})
    try:
        with pytest.raises(InjectionFailed, match="it is cordoned already, and stays so"):
            harming.harm(run, 0.0)
        for each in undo:
            perform(each)
        assert someone.sees(place)["spec"]["unschedulable"]
    finally:
        someone.writes(place, {"spec": {"unschedulable": None}})


def test_a_node_that_someone_freed_and_cordoned_anew_stays_so(
    kind: Kind, run: str, node: str, someone: Someone
) -> None:
    place, harming = ObjectRef(NODE, node), ordered(kind, "Cordon", nodes=[node])
    with bitten(kind, run, harming):
        someone.writes(place, {"spec": {"unschedulable": None}})
        (ended,) = harming.ended(run)
        assert ended.ended is Ended.BY_OTHERS
        (ending,) = harming.end(run)
        assert ending.ended is Ended.BY_OTHERS
        assert "was set back by someone else" in ending.how
        someone.writes(place, {"spec": {"unschedulable": True}})
    try:
        assert someone.sees(place)["spec"]["unschedulable"]
        assert free_of_marks(kind, place)
    finally:
        someone.writes(place, {"spec": {"unschedulable": None}})


def test_the_control_plane_is_never_harmed(kind: Kind, run: str) -> None:
    control_plane = [name for name in ("squall-control-plane",) if name not in kind.workers()]
    assert control_plane
    with pytest.raises(InjectionFailed, match="it bears the control plane"):
        ordered(kind, "Cordon", nodes=control_plane).harm(run, 0.0)


BUDGET = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "front"},
          "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app.kubernetes.io/name": "front"}}}}  # fmt: skip
BUDGETS = "/apis/policy/v1/namespaces/squall-harmed/poddisruptionbudgets"


@pytest.fixture
def budget(kind: Kind) -> Iterator[None]:
    made = kind.harm_context.api.create(BUDGETS, BUDGET)
    yield
    kind.harm_context.api.remove(f"{BUDGETS}/front", made["metadata"]["uid"])


def test_a_drained_node_has_none_of_our_pods_and_is_freed(kind: Kind, run: str, node: str, someone: Someone) -> None:
    kind.deploy([], quiet)
    here = [one.name for service in ("front", "back", "green") for one in kind.instances(service) if one.node == node]
    harming = ordered(kind, "Drain", nodes=[node])
    with bitten(kind, run, harming) as (evidence,):
        assert f"{len(here)} evicted" in evidence.how
        assert not [one for one in kind.instances("front") if one.node == node]
        assert someone.sees(ObjectRef(NODE, node))["spec"]["unschedulable"]
    assert "unschedulable" not in someone.sees(ObjectRef(NODE, node))["spec"]


def test_a_budget_that_allows_nothing_is_named_and_nothing_is_forced(
    kind: Kind, run: str, someone: Someone, budget: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind.deploy([], quiet)
    node = kind.instances("front")[0].node
    here = {one.incarnation for one in kind.instances("front") if one.node == node}
    monkeypatch.setattr(DrainHarm, "gone_within", 3.0)
    harming = ordered(kind, "Drain", nodes=[node])
    warned = [line for line in harming.warnings() if "disruption budget" in line]
    assert len(warned) == len(here)
    undo = harming.undo(run)
    harming.prepare(run)
    try:
        (evidence,) = harming.harm(run, 0.0)
    finally:
        undone(undo)
    assert not evidence.proven
    assert "The disruption budget front" in evidence.how or "disruption budget" in evidence.how
    assert here <= {one.incarnation for one in kind.instances("front")}
    assert "unschedulable" not in someone.sees(ObjectRef(NODE, node))["spec"]


@pytest.mark.parametrize("how", ["NodeStop", "NodeFreeze", "NodeLoss"])
def test_a_machine_that_is_struck_sends_no_heartbeat_and_comes_back(
    kind: Kind, run: str, someone: Someone, how: str
) -> None:
    kind.deploy([], quiet)
    node = kind.instances("front")[0].node
    place, before = ObjectRef(NODE, node), kind.baseline()
    was = kept(someone.sees(place))
    harming = ordered(kind, how, nodes=[node])
    with bitten(kind, run, harming, lasts=5.0) as (evidence,):
        assert f"{node} is {'paused' if how == 'NodeFreeze' else 'exited'}" in evidence.how
        assert Machine(node).state() != "running"
        assert (kind.harm_context.api.find(place.path) is None) == (how == "NodeLoss")
        assert evidence.onset.error < 2
        with pytest.raises(InjectionFailed, match=r"already, and stays so|no such node"):
            ordered(kind, "NodeStop", nodes=[node]).harm("another", 5.0)
        (ending,) = harming.end(run)
        assert ending.ended is Ended.AS_STATED, ending.how
        assert Machine(node).state() == "running"
    assert Machine(node).marked() == ""
    now = kept(someone.sees(place))
    assert (now["spec"], now["metadata"]["labels"]) == (was["spec"], was["metadata"]["labels"])
    assert compare(before, kind.baseline(), run).leftovers == ()
    kind.deploy([], quiet)


def test_a_machine_that_someone_stopped_before_stays_so(kind: Kind, run: str, node: str) -> None:
    harming = ordered(kind, "NodeStop", nodes=[node])
    (undo,) = harming.undo(run)
    Machine(node).pause()
    try:
        with pytest.raises(InjectionFailed, match="it is paused already, and stays so"):
            harming.harm(run, 5.0)
        assert "is held by nobody: left alone" in perform(undo)
        assert Machine(node).state() == "paused"
    finally:
        Machine(node).go_on()


def test_a_machine_that_someone_brought_back_is_told(kind: Kind, run: str, node: str) -> None:
    harming = ordered(kind, "NodeFreeze", nodes=[node])
    with bitten(kind, run, harming, lasts=5.0):
        Machine(node).go_on()
        (ended,) = harming.ended(run)
        (ending,) = harming.end(run)
        assert (ended.ended, ending.ended) == (Ended.BY_OTHERS, Ended.BY_OTHERS)
