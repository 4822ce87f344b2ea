"""What the machine may have caused is doubted where it is bad, and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from squall.claims.claim import Claim
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.judge import judge
from squall.claims.latency_below import LatencyBelow
from squall.claims.no_failure import NoFailure
from squall.claims.registry import planned
from squall.claims.success_share import SuccessShare
from squall.interval import Interval
from squall.measure.doubt import doubtful, forgiven
from squall.record.columns import Samples
from squall.record.event import Beat, Event
from squall.record.folder import Record
from squall.record.samples import Sample
from squall.verdict import Cause, Verdict
from tests.records import END, HARM, plan, record, replaced, started, stream, whole

NOBODY: tuple[float, float] = (0.0, 0.0)


def beats(stolen: tuple[float, float], late: tuple[float, float] = NOBODY) -> list[Event]:
    """Heartbeats of two processors, half of which the host takes from one moment to another."""
    found: list[Event] = []
    taken = 0.0
    for second in range(int(HARM - 15), int(END) + 1):
        taken += 1.0 if stolen[0] < second <= stolen[1] else 0.0
        if not late[0] < second < late[1]:
            counted = 2.0 * (second - HARM + 15)
            found.append(Beat(float(second), "squall", float(second), float(second), taken, counted))
    return found


def run(
    claim: Claim,
    bad: tuple[float, float],
    stolen: tuple[float, float] = NOBODY,
    healed: float = 8.0,
    late: tuple[float, float] = NOBODY,
    slow: float = 0.0,
) -> Record:
    """A run in which users fail (or are slow) for a while, and the host takes the processor for another while."""

    def samples(rate: float) -> list[Sample]:
        if not slow:
            return stream(rate, lambda t: bad[0] <= t < bad[1])
        return [
            sample._replace(done=sample.intended + slow) if bad[0] <= sample.intended < bad[1] else sample
            for sample in stream(rate)
        ]

    events = [started(), *replaced(healed), *beats(stolen, late)]
    return whole(record(samples(50), samples(100), events, plan([planned("claim", "Then", claim)])))


FAILS = (HARM + 1, HARM + 11)


@pytest.mark.parametrize(
    ("claim", "bad", "slow"),
    [
        (FailingTime(5), FAILS, 0.0),
        (NoFailure(), FAILS, 0.0),
        (SuccessShare(99, 60), FAILS, 0.0),
        (LatencyBelow(95, 20, 200), FAILS, 0.9),
        (HealsWithin("api", 10), (HARM + 1, HARM + 14), 0.0),
    ],
)
def test_what_is_bad_while_the_host_took_the_processor_is_doubted(
    claim: Claim, bad: tuple[float, float], slow: float
) -> None:
    certain = judge(run(claim, bad, slow=slow))
    assert certain.findings[0].verdict is Verdict.BROKEN
    doubted = judge(run(claim, bad, (HARM, HARM + 20), slow=slow)).findings[0]
    assert (doubted.verdict, doubted.cause) == (Verdict.INCONCLUSIVE, Cause.MACHINE_SLOW)
    assert doubted.figure == certain.findings[0].figure
    assert certain.findings[0].reason in doubted.reason


def test_a_violation_outside_of_those_seconds_stays() -> None:
    assert judge(run(FailingTime(5), FAILS, (HARM + 8, HARM + 12))).findings[0].verdict is Verdict.BROKEN
    assert judge(run(FailingTime(5), FAILS, (HARM + 30, HARM + 40))).findings[0].verdict is Verdict.BROKEN


def test_what_held_in_spite_of_it_stays_held() -> None:
    calm = judge(run(FailingTime(15), FAILS))
    assert calm.verdict is Verdict.HELD
    assert judge(run(FailingTime(15), FAILS, (HARM - 10, END))) == calm


def test_instances_that_came_back_late_may_have_been_kept_by_the_machine() -> None:
    late, in_time = run(HealsWithin("api", 10), NOBODY, healed=14.0), (HARM + 4, HARM + 12)
    assert judge(late).findings[0].verdict is Verdict.BROKEN
    doubted = judge(run(HealsWithin("api", 10), NOBODY, in_time, healed=14.0)).findings[0]
    assert doubted.cause is Cause.MACHINE_SLOW
    too_short = judge(run(HealsWithin("api", 10), NOBODY, (HARM + 4, HARM + 6), healed=14.0)).findings[0]
    assert too_short.verdict is Verdict.BROKEN


def test_heartbeats_that_come_late_show_that_squall_was_starved() -> None:
    found = run(FailingTime(2), (HARM + 1, HARM + 4), late=(HARM, HARM + 4))
    assert doubtful(found) == [Interval(HARM, HARM + 4)]
    assert judge(found).findings[0].cause is Cause.MACHINE_SLOW


def later(log: Sequence[Sample], by: float, when: Callable[[float], bool]) -> Samples:
    return Samples.of(s._replace(sent=s.sent + by, done=s.done + by) if when(s.intended) else s for s in log)


def test_load_and_prober_that_are_late_at_once_show_it_too_and_one_alone_does_not() -> None:
    found = run(FailingTime(2), (HARM + 1, HARM + 4))

    def then(t: float) -> bool:
        return HARM + 1 <= t < HARM + 4

    both = replace(found, requests=later(found.requests, 0.3, then), probes=later(found.probes, 0.2, then))
    (stretch,) = doubtful(both)
    assert (stretch.low, stretch.high) == pytest.approx((HARM + 1, HARM + 4.2), abs=0.1)
    assert doubtful(replace(both, probes=found.probes)) == []


def test_a_share_that_is_small_takes_nothing_away() -> None:
    found = run(FailingTime(5), FAILS)
    few = [Beat(float(t), "squall", float(t), float(t), 0.1 * t, 2.0 * t) for t in range(int(HARM - 15), int(END))]
    kept = [event for event in found.timeline if not isinstance(event, Beat)]
    assert doubtful(replace(found, timeline=[*kept, *few])) == []


def test_who_is_given_the_benefit_of_the_doubt_is_not_given_more() -> None:
    """A request that hung for ten seconds was not kept from its end by one stolen second in its middle."""
    hung = Sample(HARM, HARM, HARM + 10, 0, False, "request", "load", "", "timeout")
    slow = Sample(HARM + 1, HARM + 1, HARM + 7, 200, True, "request", "load")
    within = Sample(HARM + 4, HARM + 4, HARM + 4.1, 503, False, "request", "load")
    never = Sample(HARM + 4, HARM + 4, float("nan"), 0, False, "request", "load", "", "unfinished")
    found = forgiven(record([hung, slow, within, never]), [Interval(HARM + 3.5, HARM + 4.5)])
    assert found.requests[0] == hung
    assert found.requests[1].ok
    assert found.requests[1].latency == pytest.approx(5.0)
    assert (found.requests[2].ok, found.requests[2].latency) == (True, 0.0)
    assert not found.requests[3].known
