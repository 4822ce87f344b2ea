"""Calls that are counted, for each request: held, broken, too close, and what is not known."""

from dataclasses import replace

import pytest

from squall.claims.calls_per_request import CallsPerRequest
from squall.interval import Interval
from squall.record.calls import SecondOfCalls
from squall.record.event import CallsCounted, Event, PhaseBegan
from squall.record.folder import Record
from squall.verdict import Cause, Verdict
from tests.records import END, HARM, record, stream

# In the middle of a second of the agent's.
BEGAN = Interval.exact(HARM + 0.5)


def readings(calls: int, start: float, end: float, instance: str = "redis-0") -> list[CallsCounted]:
    """One reading a second, of the second before it."""
    found = []
    for at in range(int(start), int(end)):
        second = SecondOfCalls(float(at), calls, calls, failed=0, given_up=0)
        found.append(CallsCounted(at + 1.1, "redis", instance, float(at), at + 1.0, (second,)))
    return found


def recorded(*counted: Event) -> Record:
    """Fifty requests and fifty probes a second, which is a hundred that may call."""
    found = record(stream(50), stream(50), counted)
    return replace(found, timeline=(*found.timeline, PhaseBegan(END, "squall", name="undo")))


@pytest.mark.parametrize(
    ("calls", "limit", "verdict"),
    [(100, 1.2, Verdict.HELD), (300, 1.2, Verdict.BROKEN), (100, 1.0, Verdict.INCONCLUSIVE)],
    ids=["one call each", "three calls each", "just as many"],
)
def test_calls_are_divided_by_requests(calls: int, limit: float, verdict: Verdict) -> None:
    finding = CallsPerRequest("redis", limit).judge(recorded(*readings(calls, HARM - 5, END)), BEGAN)
    assert finding.verdict is verdict, finding
    assert finding.figure is not None
    assert finding.figure.low <= calls / 100 <= finding.figure.high
    assert finding.figure.high - finding.figure.low < 0.1 * calls / 100


def test_the_doors_of_all_instances_count() -> None:
    counted = [*readings(60, HARM - 5, END), *readings(60, HARM - 5, END, "redis-1")]
    assert CallsPerRequest("redis", 1.0).judge(recorded(*counted), BEGAN).verdict is Verdict.BROKEN


def test_a_door_that_was_not_watched_proves_nothing() -> None:
    finding = CallsPerRequest("redis", 5).judge(recorded(), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    assert finding.reason == "calls to redis were not counted"


@pytest.mark.parametrize("hole", [(HARM + 10, HARM + 12), (HARM + 30, END)], ids=["in the middle", "at the end"])
def test_a_hole_in_the_readings_proves_nothing(hole: tuple[float, float]) -> None:
    counted = [event for event in readings(10, HARM - 5, END) if not hole[0] <= event.since < hole[1]]
    finding = CallsPerRequest("redis", 5).judge(recorded(*counted), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    assert f"were not read from {hole[0] - BEGAN.low:.1f} s after the harm began" in finding.reason


def test_a_hole_at_one_of_two_doors_counts_for_both() -> None:
    counted = [*readings(10, HARM - 5, END), *readings(10, HARM - 5, HARM + 3, "redis-1")]
    assert CallsPerRequest("redis", 5).judge(recorded(*counted), BEGAN).cause is Cause.GAUGE_MISSING


def test_few_requests_prove_nothing() -> None:
    quiet = record(stream(1), [], readings(1, HARM - 5, END))
    finding = CallsPerRequest("redis", 5).judge(quiet, BEGAN)
    assert finding.cause is Cause.TOO_FEW_SAMPLES
