"""Calls to a store on the real cluster are counted, nobody is harmed, and a harm shares the proxy."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.instances import Ended
from squall.platforms.kind.platform import Kind
from squall.record.calls import CallCounts
from squall.safety.undo_log import perform
from squall.system.system import find_system
from tests.kind.gate import CONTEXT, ROOT
from tests.kind.users import arriving
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = find_system("quantum-rerank", ROOT)
READY_WITHIN = 60.0


@pytest.fixture
def kind(run: str) -> Iterator[Kind]:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        on.check()
        lease = on.claim_run(run)
        on.deploy((), lambda text: None)
        yield on
        perform(lease)


@pytest.fixture
def load(kind: Kind, run: str, tmp_path: Path) -> Iterator[None]:
    with arriving(SYSTEM, kind.users_url(), tmp_path, run):
        yield


def calls(kind: Kind, failed: bool = False) -> int:
    """Return how many calls reached the cache since it was last asked."""
    passed = kind.passed(kind.instances("redis")[0])
    return (
        sum(each.failed if failed else each.calls for each in passed.seconds) if isinstance(passed, CallCounts) else 0
    )


def test_calls_are_counted_also_while_answers_are_late_and_the_harm_leaves_the_proxy_open(
    kind: Kind, run: str, load: None
) -> None:
    instances = kind.instances("redis")
    undo = kind.plan_agents(instances, run)
    kind.start_agents(instances, run)
    try:
        (open_,) = kind.count_calls(instances)
        assert open_.proven, open_
        assert calls(kind) == 0
        until(lambda: calls(kind) > 20, 15.0)
        (late,) = kind.harm("Slower", instances, delay=0.05, jitter=0.0, established=True, lasts=30.0)
        assert late.proven, late
        until(lambda: calls(kind) > 20, 15.0)
        (ending,) = kind.end("Slower", instances)
        assert ending.ended is Ended.AS_STATED, ending
        assert "stays open for others" in ending.how
        until(lambda: calls(kind) > 20, 15.0)
    finally:
        proofs = [perform(entry) for entry in undo]
    assert all(proofs)
    until(lambda: all(each.ready for each in kind.instances("rerank-api")), READY_WITHIN)
