import math
from pathlib import Path

import pytest

from squall.faults.crash import Crash
from squall.record.folder import RunFolder
from squall.record.samples import DROPPED, Sample, SampleWriter
from squall.run.scenario import Scenario
from squall.run.steady_state import SteadyState
from squall.verdict import Cause
from tests.records import stream, system

NOW = 120.0


class Logs:
    """The logs of a run, written as a test goes on."""

    def __init__(self, path: Path) -> None:
        folder = RunFolder(path)
        scenario = Scenario("crash", "feature", system(), Crash("api"), (), rate=50)
        self._requests, self._probes = SampleWriter(folder.requests), SampleWriter(folder.probes)
        self.gate = SteadyState(scenario, folder)
        self.later = SteadyState(scenario, folder, since=112.0, window=5.0)

    def write(self, requests: list[Sample], probes: list[Sample]) -> None:
        for writer, samples in ((self._requests, requests), (self._probes, probes)):
            for sample in samples:
                writer.add(sample)
            writer.flush()


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def test_a_window_of_good_service_is_steady(logs: Logs) -> None:
    logs.write(stream(50, end=NOW), stream(100, end=NOW))
    assert logs.gate.window == 10
    assert logs.gate.violation(NOW) is None


def test_before_the_window_is_over_it_is_not(logs: Logs) -> None:
    logs.write(stream(50, start=115, end=NOW), stream(100, start=115, end=NOW))
    assert logs.gate.violation(NOW) == "the steady window is not over yet"
    assert logs.gate.cause is Cause.NOT_STEADY


def test_it_follows_the_logs(logs: Logs) -> None:
    assert logs.gate.violation(NOW) == "the steady window is not over yet"
    logs.write(stream(50, lambda t: t > 119, end=NOW), stream(100, end=NOW))
    assert logs.gate.violation(NOW) is not None
    logs.write(stream(50, start=NOW, end=140), stream(100, start=NOW, end=140))
    assert logs.gate.violation(140.0) is None


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        (
            stream(50, lambda t: int(t * 50) % 10 == 0, end=NOW),
            "96.67% succeeded (99% wanted), p95 10ms (200ms wanted)",
        ),
        (stream(50, end=NOW, latency=0.4), "100.00% succeeded (99% wanted), p95 400ms (200ms wanted)"),
    ],
)
def test_it_says_what_is_not_steady(logs: Logs, requests: list[Sample], reason: str) -> None:
    logs.write(requests, stream(100, end=NOW))
    assert logs.gate.violation(NOW) == reason
    assert logs.gate.cause is Cause.NOT_STEADY


def test_a_load_that_is_not_made_is_not_the_system_s_fault(logs: Logs) -> None:
    dropped = [s._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED) for s in stream(50, end=NOW)]
    logs.write(dropped, stream(100, end=NOW))
    assert logs.gate.violation(NOW) == "1750 of 1750 arrivals never left the load generator"
    assert logs.gate.cause is Cause.LOAD_SHORT


def test_logs_that_stand_still_are_not_steady(logs: Logs) -> None:
    logs.write(stream(50, end=NOW - 5), stream(100, end=NOW - 5))
    assert logs.gate.violation(NOW) is not None


def test_only_what_came_since_counts(logs: Logs) -> None:
    logs.write(stream(50, lambda t: t < 112, end=NOW), stream(100, lambda t: t < 112, end=NOW))
    assert logs.gate.violation(NOW) is not None
    assert logs.later.window == 5
    assert logs.later.violation(NOW) is None


def test_the_window_begins_anew_after_the_clean_up(logs: Logs) -> None:
    logs.write(stream(50, end=114), stream(100, end=114))
    assert logs.gate.violation(114.0) is None
    assert logs.later.violation(114.0) == "the steady window is not over yet"
