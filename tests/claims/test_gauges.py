"""What a system shows of itself: gauges stay below, are back, and a cache's hit rate is; and what is not read."""

from collections.abc import Callable

import pytest

from squall.claims.gauge_back import GaugeBack
from squall.claims.gauge_below import GaugeBelow
from squall.claims.gauge_follows import GaugeFollows
from squall.claims.hit_rate_back import HitRateBack
from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import Event, GaugeRead, HarmEnded
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict
from tests.records import HARM, record

BEGAN = Interval(HARM, HARM + 0.002)
BELOW = GaugeBelow("api", "waiting", 5)
ABOVE = GaugeBack("api", "free", 2, limit=10)
HITS = HitRateBack("api", "hits", "misses", over=5, level=20, limit=20)


def shows(
    name: str, value: Callable[[float], float | None], instance: str = "api-1", last: float = 70.0
) -> list[Event]:
    """A gauge read each second from before the harm on; None: it was not."""
    times = [second - 10.0 for second in range(int(last + 10))]
    return [
        GaugeRead(HARM + t + 0.4, "api", instance, name, read, 0.01) for t in times if (read := value(t)) is not None
    ]


def found(claim: GaugeBelow | GaugeBack | HitRateBack, *gauges: list[Event]) -> Finding:
    return claim.judge(of(*gauges), BEGAN)


def of(*gauges: list[Event]) -> Record:
    return record(more=[event for each in gauges for event in each])


def test_a_gauge_that_stays_below_does_so_at_each_instance() -> None:
    low = shows("waiting", lambda t: 4.9)
    assert found(BELOW, low).verdict is Verdict.HELD
    high = shows("waiting", lambda t: 5 if t == 20 else 0, "api-2")
    finding = found(BELOW, low, high)
    assert finding.verdict is Verdict.BROKEN, "5 is not below 5"
    assert finding.figure == Interval.exact(5)


def test_what_it_was_before_the_harm_does_not_count() -> None:
    assert found(BELOW, shows("waiting", lambda t: 9 if t < -1 else 1)).verdict is Verdict.HELD


@pytest.mark.parametrize("claim", [BELOW, ABOVE, HITS], ids=["below", "back", "hit rate"])
def test_what_was_never_read_shows_nothing(claim: GaugeBelow | GaugeBack | HitRateBack) -> None:
    assert found(claim, shows("other", lambda t: 1)).cause is Cause.GAUGE_MISSING


def test_a_gauge_that_was_not_read_for_a_time_may_have_been_anything() -> None:
    gap = shows("waiting", lambda t: None if 10 <= t < 20 else 1)
    assert found(BELOW, gap).cause is Cause.GAUGE_MISSING
    assert found(BELOW, gap, shows("waiting", lambda t: 7, "api-2")).verdict is Verdict.BROKEN


def test_one_instance_that_is_gone_leaves_the_others() -> None:
    gone = shows("waiting", lambda t: None if t > 0 else 1)
    assert found(BELOW, gone, shows("waiting", lambda t: 1, "api-2")).verdict is Verdict.HELD


@pytest.mark.parametrize(
    ("back", "verdict"), [(5, Verdict.HELD), (30, Verdict.BROKEN), (100, Verdict.BROKEN), (10, Verdict.INCONCLUSIVE)]
)
def test_a_gauge_is_back_when_it_stays_so(back: float, verdict: Verdict) -> None:
    finding = found(ABOVE, shows("free", lambda t: 0 if 0 <= t < back else 5))
    assert finding.verdict is verdict, finding


def test_a_gauge_that_falls_again_was_not_back() -> None:
    assert found(ABOVE, shows("free", lambda t: 0 if 0 <= t < 3 or 20 <= t < 22 else 5)).verdict is Verdict.BROKEN


def test_the_worst_instance_counts() -> None:
    well, ill = shows("free", lambda t: 5), shows("free", lambda t: 0 if 0 <= t < 30 else 5, "api-2")
    assert found(ABOVE, well, ill).verdict is Verdict.BROKEN
    falls = GaugeBack("api", "free", 2, 10, below=True)
    assert found(falls, shows("free", lambda t: 9 if 0 <= t < 30 else 1), shows("free", lambda t: 0, "b")).verdict is (
        Verdict.BROKEN
    )


def test_a_gauge_that_is_not_read_at_the_end_may_not_be_back() -> None:
    assert found(ABOVE, shows("free", lambda t: 0 if 0 <= t < 3 else 5, last=12)).cause is Cause.GAUGE_MISSING
    late = GaugeBack("api", "free", 2, limit=300)
    assert found(late, shows("free", lambda t: 0 if t >= 0 else 5)).cause is Cause.TOO_FEW_SAMPLES


def lookups(rate: Callable[[float], float]) -> list[list[Event]]:
    """Two counters that grow by a hundred a second together, of which ``rate`` are hits."""
    hits: dict[float, float] = {}
    total = 0.0
    for second in range(-11, 80):
        total += 100 * rate(float(second))
        hits[float(second)] = total
    return [shows("hits", lambda t: hits[t]), shows("misses", lambda t: 100 * (t + 12) - hits[t])]


@pytest.mark.parametrize(("back", "verdict"), [(8, Verdict.HELD), (25, Verdict.BROKEN), (100, Verdict.BROKEN)])
def test_a_hit_rate_is_what_the_counters_grew(back: float, verdict: Verdict) -> None:
    finding = found(HITS, *lookups(lambda t: 0.05 if 0 <= t < back else 0.3))
    assert finding.verdict is verdict, finding


def test_a_high_total_hides_no_low_rate() -> None:
    """The counters' own quotient is still high long after the flush."""
    finding = found(HITS, *lookups(lambda t: 0.9 if t < 0 else 0.0))
    assert finding.verdict is Verdict.BROKEN
    assert "the lowest was 0%" in finding.reason


def test_a_counter_that_begins_anew_has_not_shrunk() -> None:
    hits = shows("hits", lambda t: 30 * (t + 10) if t < 2 else 30 * (t - 2))
    misses = shows("misses", lambda t: 70 * (t + 10) if t < 2 else 70 * (t - 2))
    assert found(HITS, hits, misses).verdict is Verdict.HELD


FOLLOWS = GaugeFollows("edge", "version", "registry", lag=3, limit=10)
OVER = HarmEnded(HARM + 20, "registry-1", ended=Ended.AS_STATED, how="over", low=HARM + 20, high=HARM + 20.1)


def versions(service: str, value: Callable[[float], float | None], instance: str) -> list[Event]:
    return [
        GaugeRead(HARM + t + 0.4, service, instance, "version", read, 0.01)
        for t in range(-10, 70)
        if (read := value(t)) is not None
    ]


def registry(t: float) -> float | None:
    """A new version every five seconds; unreadable during the outage."""
    return None if 0 <= t < 20 else (t + 100) // 5


def test_copies_that_follow_their_source_do_so_at_each_instance() -> None:
    source = versions("registry", registry, "registry-1")

    def follower(late: float, since: float = 22.0) -> Callable[[float], float]:
        return lambda t: (min(t, 0) + 100) // 5 if t < since else (t - late + 100) // 5

    good, slow, stuck = (
        versions("edge", follower(*args), f"edge-{n}") for n, args in enumerate([(1.0,), (4.0,), (1.0, 999.0)])
    )
    ahead = versions("edge", lambda t: (t + 0.9 + 100) // 5, "edge-9")
    assert found_following(source, good).verdict is Verdict.HELD
    assert found_following(source, good, ahead).verdict is Verdict.HELD, "read a second earlier than its source"
    almost = versions("edge", follower(2.5), "edge-8")
    assert found_following(source, almost).verdict is Verdict.HELD, "what the source showed three seconds ago will do"
    assert found_following(source, good, slow).verdict is Verdict.BROKEN
    assert found_following(source, good, stuck).verdict is Verdict.BROKEN
    late = versions("edge", follower(1.0, 40.0), "edge-1")
    assert found_following(source, good, late).verdict is Verdict.BROKEN


def test_whom_copies_follow_is_not_known_if_one_of_both_is_not_read() -> None:
    source, copy = versions("registry", registry, "registry-1"), versions("edge", lambda t: (t + 100) // 5, "edge-1")
    assert found_following(source).cause is Cause.GAUGE_MISSING
    assert found_following(copy).cause is Cause.GAUGE_MISSING
    gap = versions("registry", lambda t: None if 0 <= t < 40 else registry(t), "registry-1")
    assert found_following(gap, copy).cause is Cause.GAUGE_MISSING


def test_a_harm_that_did_not_end_shows_no_convergence() -> None:
    both = [*versions("registry", registry, "registry-1"), *versions("edge", lambda t: (t + 100) // 5, "edge-1")]
    assert FOLLOWS.judge(of(both), BEGAN).cause is Cause.ENDED_EARLY


def found_following(*gauges: list[Event]) -> Finding:
    return FOLLOWS.judge(of(*gauges, [OVER]), BEGAN)
