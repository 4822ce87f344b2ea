"""The API server of the real cluster stands still: proven by a call that hangs, undone without it, left to others."""

from collections.abc import Iterator

import pytest

from squall.errors import InjectionFailed
from squall.instances import Ended
from squall.platforms.kind.harms.api_server_freeze import HELD, PROCESS, Seen, seen
from squall.platforms.kind.machine import Machine, control_planes
from squall.platforms.kind.platform import Kind
from squall.safety.undo_log import perform
from tests.kind.harmed import platform
from tests.platforms.harmed import ordered
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

RUNS = {"R", "S", "D"}


def node() -> Machine:
    (name,) = control_planes("squall")
    return Machine(name)


@pytest.fixture(scope="module")
def deployed() -> None:
    on = platform()
    on.check()
    on.deploy([], lambda text: None)
    on.close()


@pytest.fixture
def kind(deployed: None, run: str) -> Iterator[Kind]:
    on = platform()
    lease = on.claim_run(run)
    yield on
    node().call("sh", "-c", f"kill -CONT $(pgrep -x {PROCESS}); rm -f {HELD}")
    until(lambda: on.harm_context.api.page("/livez", 1.0) == "ok", 30.0)
    perform(lease)
    on.close()


def free() -> bool:
    found = seen(node())
    return found.state in RUNS and not found.holder


def test_a_call_hangs_until_it_is_told_to_go_on(kind: Kind, run: str) -> None:
    harming = ordered(kind, "ApiServerFreeze")
    (entry,) = harming.undo(run)
    (proof,) = harming.harm(run, 60)
    assert proof.proven, proof
    assert "its process is stopped; a call hangs for 1 s" in proof.how
    assert seen(node()) == Seen("T", run)
    assert harming.ended(run) == []
    (ending,) = harming.end(run)
    assert ending.ended is Ended.AS_STATED, ending
    assert free()
    assert "left alone" in perform(entry)


def test_its_undo_needs_nothing_of_it(kind: Kind, run: str) -> None:
    harming = ordered(kind, "ApiServerFreeze")
    (entry,) = harming.undo(run)
    assert harming.harm(run, 60)[0].proven
    assert "the API server goes on" in perform(entry)
    assert free()


def test_a_timer_in_the_node_ends_what_nobody_ends(kind: Kind, run: str) -> None:
    assert ordered(kind, "ApiServerFreeze").harm(run, 1)[0].proven
    until(free, 15.0)


def test_one_that_someone_let_go_on_is_told(kind: Kind, run: str) -> None:
    harming = ordered(kind, "ApiServerFreeze")
    assert harming.harm(run, 60)[0].proven
    node().call("sh", "-c", f"kill -CONT $(pgrep -x {PROCESS})")
    assert [each.ended for each in harming.ended(run)] == [Ended.BY_OTHERS]
    assert harming.end(run)[0].ended is Ended.BY_OTHERS


def test_one_that_someone_stopped_before_is_immune_and_stays_so(kind: Kind, run: str) -> None:
    harming = ordered(kind, "ApiServerFreeze")
    (entry,) = harming.undo(run)
    node().call("sh", "-c", f"kill -STOP $(pgrep -x {PROCESS})")
    with pytest.raises(InjectionFailed, match="its process is T"):
        harming.harm(run, 60)
    assert "left alone" in perform(entry)
    assert seen(node()).stopped
