"""Harms to nodes on the real cluster. They disturb whoever else uses it: run them alone."""

from collections.abc import Iterator

import pytest

from squall.audit import compare
from squall.errors import InjectionFailed
from squall.platforms.kind import Kind
from squall.platforms.kubernetes.place import NODE, Place
from squall.target import Ended
from squall.undo import perform
from tests.kind.harmed import Someone, bitten, free_of_marks, new_run, platform
from tests.platforms.echo_cluster import quiet

pytestmark = [pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(300)]


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
    before, place = kind.baseline(), Place(NODE, node)
    with bitten(kind, run, kind.cordoning([node])) as (evidence,):
        assert f"a pod that asks for {node} is refused" in evidence.how
        assert someone.sees(place)["spec"]["unschedulable"]
    assert "unschedulable" not in someone.sees(place)["spec"]
    assert free_of_marks(kind, place)
    assert compare(before, kind.baseline(), run) == compare({}, {}, run)


def test_a_cordon_ends_when_it_is_told(kind: Kind, run: str, node: str, someone: Someone) -> None:
    harming = kind.cordoning([node])
    with bitten(kind, run, harming, lasts=5.0):
        (ending,) = harming.end(run)
        assert ending.ended is Ended.AS_STATED
        assert "unschedulable" not in someone.sees(Place(NODE, node))["spec"]


def test_a_node_that_someone_cordoned_before_our_write_stays_so(
    kind: Kind, run: str, node: str, someone: Someone
) -> None:
    place, harming = Place(NODE, node), kind.cordoning([node])
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
    place, harming = Place(NODE, node), kind.cordoning([node])
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
        kind.cordoning(control_plane).harm(run, 0.0)
