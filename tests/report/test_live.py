import io
import math
from pathlib import Path

from squall.record.event import PhaseBegan
from squall.record.folder import RunFolder
from squall.record.samples import SampleWriter
from squall.report.live import Viewer, moment, shown
from squall.testing.platform import VirtualClock
from tests.records import plan, stream


def phase(name: str, t: float) -> PhaseBegan:
    return PhaseBegan(t, "squall", name=name)


def test_what_is_left_of_a_phase_comes_from_the_plan() -> None:
    seen = moment(plan(), phase("observe", 100), [], 142)
    assert (seen.left, str(seen)) == (18, "watching what users see, 18 s left")


def test_a_system_that_is_not_steady_in_time_is_said_to_be_waited_for() -> None:
    """It said "watching the steady state, 0 s left" again and again."""
    assert str(moment(plan(), phase("steady", 100), [], 112)) == "the system is not steady yet, 28 s left"
    assert str(moment(plan(), phase("hold", 100), [], 107)) == "the system is not steady again yet, 28 s left"


def test_a_phase_of_unknown_length_has_nothing_left_to_tell() -> None:
    assert str(moment(plan(), phase("undo", 100), [], 101)) == "cleaning up"
    assert str(moment(None, None, [], 101)) == "bringing the system up"


def test_the_last_second_is_told_as_users_feel_it() -> None:
    last = stream(50, lambda t: t < 0.2, start=0, end=1, latency=0.02)
    assert str(moment(plan(), phase("harm", 0), last, 1)).endswith("50 requests/s, 80.0% succeed, p95 20 ms")
    silent = [sample._replace(done=math.nan, ok=False) for sample in last]
    assert str(moment(plan(), phase("harm", 0), silent, 1)).endswith("0.0% succeed, p95 no answer")


def test_a_viewer_follows_the_folder_of_any_process(tmp_path: Path) -> None:
    clock, folder = VirtualClock(102.0), RunFolder.create(tmp_path, "a run")
    folder.write_plan(plan())
    folder.append(phase("steady", 100))
    writer = SampleWriter(folder.requests)
    for sample in stream(50, start=99, end=102):
        writer.add(sample)
    writer.close()
    seen = Viewer(folder, clock).look()
    assert (seen.phase, seen.left, seen.rate, seen.good) == ("watching the steady state", 8, 50, 100)


def test_what_is_said_beside_it_reaches_a_plain_output(tmp_path: Path) -> None:
    out = io.StringIO()
    with shown(RunFolder.create(tmp_path, "a run"), out) as say:
        say("the pod [api-1] is gone")
    assert "  the pod [api-1] is gone\n" in out.getvalue()
