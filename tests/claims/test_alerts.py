"""Alerts: a rule fires, and when, is resolved, or none fires; each held, broken and not known."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from squall.claims.alert_fires import AlertFires
from squall.claims.alert_resolved import AlertResolved
from squall.claims.no_alert import NoAlert
from squall.instances import Ended
from squall.interval import Interval
from squall.measure.alerts import evaluated
from squall.record.event import Event, GaugeRead, HarmEnded, HarmEnding
from squall.record.folder import Record
from squall.record.plan import AlertPlan
from squall.record.samples import UNFINISHED, Sample
from squall.verdict import Cause, Finding, Verdict
from tests.records import HARM, plan, record, stream

BEGAN = Interval(HARM, HARM + 0.002)
OVER = HARM + 30
ERRORS = AlertPlan("errors", "P0", 0, "errors", 10.0, over=5.0, lasting=10.0)
SLOW = AlertPlan("slow", "P1", 1, "latency", 500.0, percentile=95, over=5.0, lasting=5.0)
MEMORY = AlertPlan("memory", "P2", 2, "gauge", 90.0, service="api", gauges=("memory",), lasting=5.0)
MISSES = AlertPlan("misses", "P1", 1, "share", 80.0, service="api", gauges=("misses",), among=("hits", "misses"),
                   over=5.0, lasting=5.0)  # fmt: skip
ENDS: Sequence[Event] = (
    HarmEnding(OVER, "api-1"),
    HarmEnded(OVER, "api-1", ended=Ended.AS_STATED, how="over", low=OVER, high=OVER + 0.1),
)


def recorded(requests: list[Sample], *rules: AlertPlan, more: Sequence[Event] = ()) -> Record:
    return record(requests, more=[*ENDS, *more], of=replace(plan(), alerts=rules))


def fails(seconds: float, every: int = 1) -> list[Sample]:
    """One in ``every`` fails for so many seconds."""
    return [
        s._replace(ok=False, status=503) if HARM <= s.intended < HARM + seconds and number % every == 0 else s
        for number, s in enumerate(stream(50))
    ]


def fires(rule: AlertPlan, found: Record, limit: float = 20.0) -> Finding:
    return AlertFires(rule.name, limit).judge(found, BEGAN)


def gauges(name: str, value: float, start: float, end: float, instance: str = "api-1") -> list[Event]:
    return [GaugeRead(HARM + t, "api", instance, name, value, 0.01) for t in range(int(start), int(end))]


def test_a_rule_fires_once_its_condition_lasts_as_long_as_it_says() -> None:
    finding = fires(ERRORS, recorded(fails(30), ERRORS))
    assert finding.verdict is Verdict.HELD, finding
    assert finding.figure is not None
    # A tenth of a window of five seconds fails after half a second; ten more, and the step of an evaluation.
    assert finding.figure.low <= 10.5 <= finding.figure.high
    assert finding.figure.high - finding.figure.low <= 2 * ERRORS.every + 0.01


@pytest.mark.parametrize(("seconds", "every"), [(4, 1), (30, 20), (0, 1)], ids=["too short", "too few", "nothing"])
def test_a_rule_whose_condition_does_not_last_does_not_fire(seconds: float, every: int) -> None:
    finding = fires(ERRORS, recorded(fails(seconds, every), ERRORS))
    assert finding.verdict is Verdict.BROKEN, finding


def test_one_that_fires_late_is_broken() -> None:
    assert fires(ERRORS, recorded(fails(30), ERRORS), limit=5).verdict is Verdict.BROKEN


def test_a_limit_within_the_step_of_an_evaluation_is_too_close() -> None:
    found = fires(ERRORS, recorded(fails(30), ERRORS), limit=11)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_one_that_fired_before_the_harm_says_nothing_of_it() -> None:
    ill = [s._replace(ok=False) for s in stream(50)]
    finding = fires(replace(ERRORS, lasting=2.0), recorded(ill, replace(ERRORS, lasting=2.0)))
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_STEADY)


def test_requests_whose_end_was_not_seen_may_have_fired_it() -> None:
    cut = [
        s._replace(done=math.nan, ok=False, error=UNFINISHED) if HARM <= s.intended < HARM + 30 else s
        for s in stream(50)
    ]
    finding = fires(ERRORS, recorded(cut, ERRORS))
    assert finding.verdict is Verdict.INCONCLUSIVE, finding


def test_a_rule_without_data_neither_fires_nor_does_not() -> None:
    finding = fires(MEMORY, recorded(stream(50), MEMORY))
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    unknown = AlertFires("other", 5).judge(recorded(stream(50), MEMORY), BEGAN)
    assert unknown.cause is Cause.GAUGE_MISSING


def test_slow_answers_fire_a_rule_about_them() -> None:
    slow = [s._replace(done=s.done + 0.8) if HARM <= s.intended < HARM + 30 else s for s in stream(50)]
    assert fires(SLOW, recorded(slow, SLOW)).verdict is Verdict.HELD
    assert fires(SLOW, recorded(stream(50), SLOW)).verdict is Verdict.BROKEN


def test_each_instance_has_a_state_of_its_own() -> None:
    """Two that are above for a time each, one after the other, are not one that is above for both."""
    high = [*gauges("memory", 50, -12, 0), *gauges("memory", 95, 0, 4), *gauges("memory", 50, 4, 65)]
    other = [*gauges("memory", 50, -12, 4, "api-2"), *gauges("memory", 95, 4, 8, "api-2"),
             *gauges("memory", 50, 8, 65, "api-2")]  # fmt: skip
    assert fires(MEMORY, recorded(stream(50), MEMORY, more=[*high, *other])).verdict is Verdict.BROKEN
    long = [*gauges("memory", 50, -12, 0), *gauges("memory", 95, 0, 9), *gauges("memory", 50, 9, 65)]
    assert fires(MEMORY, recorded(stream(50), MEMORY, more=[*long, *other])).verdict is Verdict.HELD


def test_a_gauge_that_is_not_read_any_more_ends_what_was_pending() -> None:
    seen = [*gauges("memory", 50, -12, 0), *gauges("memory", 95, 0, 2), *gauges("memory", 95, 8, 12),
            *gauges("memory", 50, 12, 65)]  # fmt: skip
    (series,) = evaluated(recorded(stream(50), MEMORY, more=seen), MEMORY, HARM - 10, HARM + 60).values()
    assert any(each.value is None for each in series)
    assert not any(each.surely or each.perhaps for each in series)


def counters(hits: Sequence[float], misses: Sequence[float]) -> list[Event]:
    """Readings of two counters, one a second from the steady state on."""
    return [
        GaugeRead(HARM - 12 + t, "api", "api-1", name, value, 0.01)
        for name, values in (("hits", hits), ("misses", misses))
        for t, value in enumerate(values)
    ]


def test_a_share_of_counters_counts_what_they_grew() -> None:
    """A counter that begins anew, as after a crash, has not shrunk."""
    hits = [10.0 * t for t in range(12)] + [float(t) for t in range(70)]
    misses = [10.0 * t for t in range(12)] + [9.0 * t for t in range(70)]
    assert fires(MISSES, recorded(stream(50), MISSES, more=counters(hits, misses))).verdict is Verdict.HELD
    even = [10.0 * t for t in range(82)]
    assert fires(MISSES, recorded(stream(50), MISSES, more=counters(even, even))).verdict is Verdict.BROKEN


def test_limits_are_shortened_as_durations_are() -> None:
    short = replace(ERRORS, lasting=1.0, shortened=10.0)
    found = AlertFires("errors", 60, shortened=10.0)
    assert found.observation(5) == 11
    finding = found.judge(recorded(fails(30), short), BEGAN)
    assert finding.verdict is Verdict.HELD
    assert finding.limit == 6
    assert "durations and limits divided by 10" in finding.reason


RESOLVED = AlertResolved("errors", 10)


def test_a_rule_whose_condition_ended_is_resolved() -> None:
    finding = RESOLVED.judge(recorded(fails(30), ERRORS), BEGAN)
    assert finding.verdict is Verdict.HELD, finding
    assert finding.figure is not None
    assert finding.figure.low <= 4.5 <= finding.figure.high


@pytest.mark.parametrize("seconds", [45.0, 100.0], ids=["late", "never"])
def test_one_that_fires_on_is_not_resolved(seconds: float) -> None:
    assert RESOLVED.judge(recorded(fails(seconds), ERRORS), BEGAN).verdict is Verdict.BROKEN


def test_one_that_never_fired_has_nothing_to_resolve() -> None:
    finding = RESOLVED.judge(recorded(fails(3), ERRORS), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)


def test_one_that_lost_its_data_is_not_known_to_be_resolved() -> None:
    seen = [*gauges("memory", 50, -12, 0), *gauges("memory", 95, 0, 30)]
    finding = AlertResolved("memory", 10).judge(recorded(stream(50), MEMORY, more=seen), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)


def test_a_clean_up_that_comes_too_soon_does_not_show_whether_it_is_resolved() -> None:
    finding = AlertResolved("errors", 60).judge(recorded(fails(100), ERRORS), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_a_harm_without_an_end_shows_no_resolving() -> None:
    endless = record(fails(30), of=replace(plan(), alerts=(ERRORS,)))
    assert RESOLVED.judge(endless, BEGAN).cause is Cause.ENDED_EARLY


def test_no_alert_is_none_of_any_severity() -> None:
    assert NoAlert().judge(recorded(fails(3), ERRORS, SLOW), BEGAN).verdict is Verdict.HELD
    broken = NoAlert().judge(recorded(fails(30), ERRORS, SLOW), BEGAN)
    assert broken.verdict is Verdict.BROKEN
    assert broken.figure == Interval.exact(1)
    assert 'alert "errors" (P0)' in broken.reason


def test_none_above_a_severity_is_none_that_is_graver() -> None:
    slow = [s._replace(done=s.done + 0.8) if HARM <= s.intended < HARM + 30 else s for s in stream(50)]
    found = recorded(slow, ERRORS, SLOW, replace(ERRORS, name="low", severity="P2", rank=2))
    assert NoAlert("P1").judge(found, BEGAN).verdict is Verdict.HELD
    assert NoAlert("P2").judge(found, BEGAN).verdict is Verdict.BROKEN


def test_no_alert_where_a_gauge_was_not_read_is_not_known() -> None:
    finding = NoAlert().judge(recorded(stream(50), ERRORS, MEMORY), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    assert NoAlert().judge(recorded(fails(30), ERRORS, MEMORY), BEGAN).verdict is Verdict.BROKEN
    assert NoAlert().judge(recorded(stream(50)), BEGAN).cause is Cause.GAUGE_MISSING


def test_a_rule_that_could_not_fire_in_time_is_named() -> None:
    patient = replace(ERRORS, lasting=1800.0)
    finding = NoAlert().judge(recorded(fails(60), patient, SLOW), BEGAN)
    assert finding.verdict is Verdict.HELD
    assert 'too slow to fire: alert "errors"' in finding.reason
