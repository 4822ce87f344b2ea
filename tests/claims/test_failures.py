import math

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.no_failure import NoFailure
from squall.claims.success_share import SuccessShare
from squall.interval import Interval
from squall.record.samples import UNFINISHED, Sample
from squall.verdict import Cause, Verdict
from tests.records import HARM, record, started, stream

BEGAN = Interval(HARM, HARM + 0.002)
FIVE, SHARE, NONE = FailingTime(5), SuccessShare(99, 60), NoFailure()


def outage(length: float) -> list[Sample]:
    return stream(50, lambda t: HARM + 1 <= t < HARM + 1 + length)


def unfinished(count: int) -> list[Sample]:
    """The load; so many requests after the harm were cut off."""
    return [
        s._replace(done=math.nan, ok=False, error=UNFINISHED) if HARM <= s.intended < HARM + count / 50 else s
        for s in stream(50)
    ]


@pytest.mark.parametrize(
    ("length", "verdict", "cause"),
    [
        (0.0, Verdict.HELD, None),
        (3.0, Verdict.HELD, None),
        (5.0, Verdict.INCONCLUSIVE, Cause.TOO_CLOSE),
        (8.0, Verdict.BROKEN, None),
    ],
)
def test_failing_time_adds_up_outages(length: float, verdict: Verdict, cause: Cause | None) -> None:
    found = FIVE.judge(record(outage(length), stream(100, lambda t: HARM + 1 <= t < HARM + 1 + length)), BEGAN)
    assert (found.verdict, found.cause) == (verdict, cause)
    assert found.figure is not None
    assert found.figure.low <= length <= found.figure.high + 1e-9
    assert found.figure.error < (0.06 if length else 0.45)


def test_two_short_outages_make_a_long_one() -> None:
    found = FIVE.judge(record(stream(50, lambda t: HARM <= t < HARM + 3 or HARM + 20 <= t < HARM + 23)), BEGAN)
    assert found.verdict is Verdict.BROKEN


def test_an_outage_that_is_not_over_has_no_upper_bound() -> None:
    found = FIVE.judge(record(stream(50, lambda t: t > HARM + 63)), BEGAN)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "no sure end was seen" in found.reason


def test_nobody_who_asked_is_nobody_who_failed() -> None:
    assert FIVE.judge(record(), BEGAN).cause is Cause.TOO_FEW_SAMPLES
    assert FIVE.judge(record(stream(50, end=HARM)), BEGAN).cause is Cause.TOO_FEW_SAMPLES
    assert FIVE.judge(record(stream(1)), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def test_few_samples_that_surely_failed_too_long_are_enough() -> None:
    assert FIVE.judge(record(stream(1, lambda t: HARM <= t < HARM + 20)), BEGAN).verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("length", "verdict", "share"), [(0.0, Verdict.HELD, 100), (0.3, Verdict.HELD, 99.5), (2.0, Verdict.BROKEN, 96.67)]
)
def test_the_share_that_succeeds_is_counted(length: float, verdict: Verdict, share: float) -> None:
    found = SHARE.judge(record(outage(length), more=[started()]), BEGAN)
    assert found.verdict is verdict
    assert found.figure is not None
    assert found.figure.low == pytest.approx(share, abs=0.01)
    assert found.figure.error == 0
    assert found.samples == 3000


def test_what_is_unknown_may_have_gone_either_way() -> None:
    found = SHARE.judge(record(unfinished(60), more=[started()]), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)
    assert found.figure == Interval(98, 100)
    assert "60 unknown" in found.reason


def test_a_share_of_few_says_little() -> None:
    found = SHARE.judge(record(stream(1)), BEGAN)
    assert (found.cause, found.samples) == (Cause.TOO_FEW_SAMPLES, 60)
    assert SHARE.judge(record(), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def test_failures_outside_the_window_do_not_count() -> None:
    found = SHARE.judge(record(stream(50, lambda t: t < HARM or t > HARM + 60), more=[started()]), BEGAN)
    assert found.verdict is Verdict.HELD


def test_no_request_fails_means_none() -> None:
    assert NONE.judge(record(stream(50), more=[started()]), BEGAN).verdict is Verdict.HELD
    one = NONE.judge(record(outage(0.02), more=[started()]), BEGAN)
    assert (one.verdict, one.figure) == (Verdict.BROKEN, Interval(1, 1))
    late = NONE.judge(record(stream(50, lambda t: t > HARM + 64.9), more=[started()]), BEGAN)
    assert late.verdict is Verdict.BROKEN


def test_after_the_clean_up_failures_are_not_of_the_harm() -> None:
    assert NONE.judge(record(stream(50, lambda t: t > HARM + 66), more=[started()]), BEGAN).verdict is Verdict.HELD


def test_an_unknown_end_may_have_been_a_failure() -> None:
    found = NONE.judge(record(unfinished(1), more=[started()]), BEGAN)
    assert (found.verdict, found.cause, found.figure) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE, Interval(0, 1))


def test_too_few_without_a_failure_prove_nothing_and_with_one_all() -> None:
    assert NONE.judge(record(stream(1)), BEGAN).cause is Cause.TOO_FEW_SAMPLES
    assert NONE.judge(record(stream(1, lambda t: t > HARM + 30)), BEGAN).verdict is Verdict.BROKEN


def test_they_look_as_far_as_they_must() -> None:
    assert (FIVE.observation(5), SHARE.observation(5), NONE.observation(5)) == (15, 60, 10)
