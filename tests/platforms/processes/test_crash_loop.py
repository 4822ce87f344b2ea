"""A crash loop under supervisord: a process is killed at each start, supervisord waits longer, and it comes back."""

from pathlib import Path

import pytest

from squall.faults.crash_loop import CrashLoop
from squall.instances import ONE, Ended
from squall.platforms.processes.platform import LocalPlatform
from squall.run.preflight import unoffered
from squall.safety.undo_log import UndoLog
from tests.platforms.carrying import begun, injected, undone
from tests.platforms.tiny_system import until

pytestmark = pytest.mark.slow
LASTS = 30.0


def test_it_is_killed_at_each_start_and_comes_back(local: LocalPlatform, tmp_path: Path) -> None:
    fault, log = CrashLoop("cache", ONE, LASTS), UndoLog(tmp_path / "undo.jsonl")
    assert unoffered(local, fault) == ""
    target, _ = begun(local, fault, log)
    (before,) = target.instances
    try:
        (evidence,) = injected(fault, target)
        assert evidence.proven, evidence
        # supervisord counts a start that does not last a second as failed, and waits longer each time.
        until(
            lambda: (
                fault.confirmed(target) == [(before.name, "the platform waits before it starts it again (back-off)")]
            )
        )
        (ending,) = fault.end(target)
        assert ending.ended is Ended.AS_STATED, ending
        assert "more starts and is left alone now" in ending.how
    finally:
        undone(log)
    until(lambda: local.instances("cache")[0].ready)
    (after,) = local.instances("cache")
    assert after.incarnation != before.incarnation
    assert not after.backing_off
    said = fault.confirmed(target)
    assert [name for name, _ in said] == [before.name]
    assert said[0][1].startswith("the platform started it again")


def test_an_agent_that_goes_leaves_it_alone(local: LocalPlatform, tmp_path: Path) -> None:
    fault, log = CrashLoop("api", ONE, LASTS), UndoLog(tmp_path / "undo.jsonl")
    target, _ = begun(local, fault, log)
    assert all(each.proven for each in injected(fault, target))
    undone(log)
    until(lambda: all(each.ready for each in local.instances("api")))
