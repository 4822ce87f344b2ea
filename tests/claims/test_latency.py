import math
from dataclasses import replace

import pytest

from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.interval import Interval
from squall.record.samples import DROPPED, Sample
from squall.verdict import Cause, Verdict
from tests.records import HARM, record, started, stream

BEGAN = Interval(HARM, HARM + 0.002)
BACK = LatencyBack(percentile=95, over=5, below=200, limit=30)
BELOW = LatencyBelow(percentile=95, over=30, limit=200)


def slowed(until: float, latency: float, every: int = 1) -> list[Sample]:
    """The load; one request in ``every`` is slow from the harm until so many seconds after."""
    return [
        s._replace(done=s.sent + latency) if HARM <= s.intended < HARM + until and n % every == 0 else s
        for n, s in enumerate(stream(50))
    ]


def test_latency_that_is_back_in_time_held() -> None:
    found = BACK.judge(record(slowed(10, 0.5)), BEGAN)
    assert found.verdict is Verdict.HELD
    assert found.figure is not None
    # A twentieth of a window may be slow: it keeps from a little before the end on.
    assert 9.5 <= found.figure.low <= 10 <= found.figure.high + 0.5
    assert found.limit == 30


def test_latency_that_is_back_too_late_is_broken() -> None:
    found = BACK.judge(record(slowed(40, 0.5)), BEGAN)
    assert found.verdict is Verdict.BROKEN
    assert found.figure is not None
    assert 39 <= found.figure.low <= 40


def test_latency_that_never_comes_back_is_broken() -> None:
    found = BACK.judge(record(slowed(90, 0.5)), BEGAN)
    assert found.verdict is Verdict.BROKEN
    assert found.figure is not None
    assert found.figure.high == math.inf
    assert "no sure end was seen" in found.reason


def test_a_fast_refusal_is_no_good_latency() -> None:
    refused = stream(50, lambda t: HARM <= t < HARM + 40, latency=0.001)
    assert BACK.judge(record(refused), BEGAN).verdict is Verdict.BROKEN


def test_a_share_too_near_the_percentile_is_too_close() -> None:
    found = BACK.judge(record(slowed(90, 0.5, every=20)), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_a_short_window_has_too_few_for_a_high_percentile() -> None:
    found = replace(BACK, percentile=99.0).judge(record(slowed(10, 0.5)), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)
    assert "250 samples, 1000 needed" in found.reason


def test_nothing_seen_proves_nothing() -> None:
    assert BACK.judge(record(), BEGAN).verdict is Verdict.INCONCLUSIVE
    assert BELOW.judge(record(), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def test_swift_answers_stay_below() -> None:
    found = BELOW.judge(record(stream(50, latency=0.15), more=[started()]), BEGAN)
    assert found.verdict is Verdict.HELD
    assert found.figure is not None
    assert found.figure.low == pytest.approx(150)
    assert found.figure.high == pytest.approx(150)
    # With those that were under way at the onset.
    assert found.samples == 1507
    assert found.unit == "ms"


def test_slow_answers_do_not() -> None:
    found = BELOW.judge(record(slowed(30, 0.3, every=10), more=[started()]), BEGAN)
    assert found.verdict is Verdict.BROKEN
    assert found.figure is not None
    assert found.figure.low == pytest.approx(300)


def test_failures_count_as_slower_than_any_limit() -> None:
    found = BELOW.judge(record(stream(50, lambda t: t >= HARM), more=[started()]), BEGAN)
    assert found.verdict is Verdict.BROKEN
    assert found.figure == Interval(math.inf, math.inf)
    assert (
        found.reason
        == "p95 of all requests: without bound (failed requests count as endless), beyond the limit of 200 ms"
    )


def test_a_percentile_on_the_limit_is_too_close() -> None:
    found = BELOW.judge(record(slowed(30, 0.3, every=20), more=[started()]), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_only_requests_of_that_name_count() -> None:
    requests = [s._replace(name="search" if n % 4 else "batch") for n, s in enumerate(slowed(30, 0.5, every=4))]
    held = replace(BELOW, request="search").judge(record(requests, more=[started()]), BEGAN)
    broken = replace(BELOW, request="batch").judge(record(requests, more=[started()]), BEGAN)
    assert (held.verdict, broken.verdict) == (Verdict.HELD, Verdict.BROKEN)
    assert replace(BELOW, request="nobody").judge(record(requests), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def test_half_the_load_missing_proves_nothing_either_way() -> None:
    # A tenth of what was seen is slow; were the other half swift, only a twentieth would be.
    seen = [s for n, s in enumerate(slowed(30, 0.5, every=20)) if n % 2 == 0]
    found = BELOW.judge(record(seen, more=[started()]), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)
    dropped = [
        s if n % 2 == 0 else s._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED)
        for n, s in enumerate(slowed(30, 0.5, every=20))
    ]
    assert BELOW.judge(record(dropped, more=[started()]), BEGAN).cause is Cause.TOO_CLOSE


def test_a_load_that_is_wholly_slow_is_broken_with_a_tenth_missing() -> None:
    seen = [s for n, s in enumerate(slowed(30, 0.5)) if n % 10]
    assert BELOW.judge(record(seen, more=[started()]), BEGAN).verdict is Verdict.BROKEN


def test_they_look_as_far_as_they_must() -> None:
    assert (BACK.observation(5), BELOW.observation(5)) == (40, 30)
