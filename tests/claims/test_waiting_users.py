"""How long users wait, and who answers them: nothing hangs, fails fast, is answered by the fallback."""

import math

import pytest

from squall.claims.answered_within import AnsweredWithin
from squall.claims.degraded_share import DegradedShare
from squall.claims.latency_meanwhile import LatencyMeanwhile
from squall.interval import Interval
from squall.record.event import HarmEnding
from squall.record.folder import Record
from squall.record.samples import DEGRADED, UNFINISHED, Sample
from squall.verdict import Cause, Verdict
from tests.records import HARM, record, stream

BEGAN = Interval(HARM, HARM + 0.002)
OVER = HARM + 30
HANGS = AnsweredWithin(1000)
FAST = LatencyMeanwhile(99, after=5, limit=100)
DEGRADED_90 = DegradedShare(90, after=5)


def test_errors_and_refusals_are_answers() -> None:
    finding = HANGS.judge(record(stream(50, lambda t: HARM < t < HARM + 20)), BEGAN)
    assert finding.verdict is Verdict.HELD, finding


@pytest.mark.parametrize("how", ["slow", "timeout"])
def test_one_that_hangs_breaks_it(how: str) -> None:
    """A request that the user gave up has no answer, however short her patience."""
    changed = {"slow": {"done": HARM + 3.2}, "timeout": {"done": HARM + 2.2, "ok": False, "error": "timeout"}}[how]
    requests = stream(50)
    at = next(n for n, sample in enumerate(requests) if sample.intended > HARM + 2)
    requests[at] = requests[at]._replace(**changed)  # type: ignore[arg-type]
    finding = HANGS.judge(record(requests), BEGAN)
    assert finding.verdict is Verdict.BROKEN, finding
    assert finding.figure == Interval.exact(1)


def test_a_late_generator_is_no_hanging_service() -> None:
    requests = [
        s._replace(sent=s.intended + 2, done=s.intended + 2.01) if HARM + 2 < s.intended < HARM + 3 else s
        for s in stream(50)
    ]
    finding = HANGS.judge(record(requests), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_one_whose_end_was_not_seen_may_hang() -> None:
    requests = [
        s._replace(done=math.nan, ok=False, error=UNFINISHED) if HARM + 2 < s.intended < HARM + 3 else s
        for s in stream(50)
    ]
    assert HANGS.judge(record(requests), BEGAN).cause is Cause.TOO_CLOSE


def test_nobody_who_asks_shows_that_nothing_hangs() -> None:
    assert HANGS.judge(record(stream(1)), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def test_it_is_settled_by_the_first_that_hangs() -> None:
    slow = record([s._replace(done=s.done + 3) for s in stream(50)])
    assert HANGS.settled(slow, BEGAN, HARM + 10)
    assert not HANGS.settled(record(stream(50)), BEGAN, HARM + 10)


def lasting(requests: list[Sample]) -> Record:
    return record(requests, more=[HarmEnding(OVER, "redis-0")])


@pytest.mark.parametrize(("latency", "verdict"), [(0.05, Verdict.HELD), (0.3, Verdict.BROKEN), (2.0, Verdict.BROKEN)])
def test_bad_answers_that_come_fast_are_fast(latency: float, verdict: Verdict) -> None:
    """What the first seconds are like is the breaker's to find out."""
    requests = [
        s._replace(done=s.intended + (2.0 if s.intended < HARM + 5 else latency), ok=False, status=503)
        if HARM <= s.intended < OVER else s
        for s in stream(50)
    ]  # fmt: skip
    assert FAST.judge(lasting(requests), BEGAN).verdict is verdict


def test_what_is_slow_after_the_end_does_not_count() -> None:
    requests = [s._replace(done=s.done + 1) if s.intended >= OVER else s for s in stream(50)]
    assert FAST.judge(lasting(requests), BEGAN).verdict is Verdict.HELD


def test_few_requests_show_no_percentile() -> None:
    assert FAST.judge(lasting(stream(10)), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def marked(every: int, of: int, *, after: float = 1.0, ok: bool = True) -> list[Sample]:
    """From ``after`` seconds on while the harm lasts, ``every`` of ``of`` answers bear the mark."""
    return [
        s._replace(mark=DEGRADED, ok=ok) if HARM + after <= s.intended < OVER and number % of < every else s
        for number, s in enumerate(stream(50))
    ]


@pytest.mark.parametrize(
    ("every", "of", "verdict"),
    [(1, 1, Verdict.HELD), (19, 20, Verdict.HELD), (1, 2, Verdict.BROKEN), (0, 1, Verdict.BROKEN)],
)  # fmt: skip
def test_answers_with_the_mark_are_counted(every: int, of: int, verdict: Verdict) -> None:
    assert DEGRADED_90.judge(lasting(marked(every, of)), BEGAN).verdict is verdict


def test_a_mark_on_a_bad_answer_serves_nobody() -> None:
    assert DEGRADED_90.judge(lasting(marked(1, 1, ok=False)), BEGAN).verdict is Verdict.BROKEN


def test_answers_that_were_not_seen_may_bear_the_mark() -> None:
    requests = [
        s._replace(done=math.nan, ok=False, error=UNFINISHED, mark="") if HARM + 10 < s.intended < HARM + 20 else s
        for s in marked(1, 1)
    ]
    finding = DEGRADED_90.judge(lasting(requests), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_one_kind_of_request_may_have_a_fallback() -> None:
    mixed = [
        s._replace(name="rerank" if n % 2 else "similarity", mark=s.mark if n % 2 else "")
        for n, s in enumerate(marked(1, 1))
    ]
    assert DEGRADED_90.judge(lasting(mixed), BEGAN).verdict is Verdict.BROKEN
    assert DegradedShare(90, 5, "rerank").judge(lasting(mixed), BEGAN).verdict is Verdict.HELD
    assert DegradedShare(90, 5, "batch").judge(lasting(mixed), BEGAN).cause is Cause.TOO_FEW_SAMPLES
