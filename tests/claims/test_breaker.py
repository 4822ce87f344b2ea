"""Circuit breakers in the calls that are counted: opened, closed, tolerant; each held, broken, and not known."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from squall.claims.breaker_closes import BreakerCloses
from squall.claims.breaker_opens import BreakerOpens
from squall.claims.breaker_tolerates import BreakerTolerates
from squall.claims.claim import Claim
from squall.instances import Ended
from squall.interval import Interval
from squall.record.calls import SecondOfCalls
from squall.record.event import CallsCounted, Event, HarmEnded, HarmEnding, PhaseBegan, SteadyFound
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict
from tests.records import END, HARM, record, stream

# In the middle of a second of the agent's; the harm lasts for thirty.
BEGAN = Interval(HARM + 0.5, HARM + 0.502)
OVER = HARM + 30.5
USUAL = 50
# What of the calls of a second fails: (calls, answered, failed, given up).
Second = tuple[int, int, int, int]
GOOD: Second = (USUAL, USUAL, 0, 0)
BAD: Second = (USUAL, 0, 0, USUAL)
NONE: Second = (0, 0, 0, 0)
TRIAL: Second = (1, 0, 1, 0)

OPENS = BreakerOpens("redis", limit=5, trials=2, every=5)
CLOSES = BreakerCloses("redis", limit=10)
TOLERATES = BreakerTolerates("redis", failures=5)


def counts(story: Callable[[int], Second], instance: str = "redis-0", until: float = END) -> list[CallsCounted]:
    """One reading a second; ``story`` says how calls go in each second from the harm's own on."""
    found = []
    for at in range(int(HARM) - 12, int(until)):
        counts = story(at - int(HARM)) if at >= HARM else GOOD
        seconds = (SecondOfCalls(float(at), *counts),) if counts[0] else ()
        found.append(CallsCounted(at + 1.1, "redis", instance, float(at), at + 1.0, seconds))
    return found


def recorded(counted: Sequence[Event], over: float | None = OVER) -> Record:
    found = record(stream(50), stream(50), [SteadyFound(HARM - 1, "squall", HARM - 11, HARM - 1), *counted])
    ends: list[Event] = []
    if over is not None:
        ends.append(HarmEnding(over, "redis-0"))
        ends.append(HarmEnded(over + 0.1, "redis-0", ended=Ended.AS_STATED, how="over", low=over, high=over + 0.1))
    undo = PhaseBegan(END - 5, "squall", name="undo")
    kept = [e for e in found.timeline if not (isinstance(e, PhaseBegan) and e.name == "undo")]
    return replace(found, timeline=[*kept, *ends, undo])


def judged(claim: Claim, story: Callable[[int], Second]) -> Finding:
    return claim.judge(recorded(counts(story)), BEGAN)


def breaker(opens: int = 1, trials_every: int = 5, closes: int = 31) -> Callable[[int], Second]:
    """Fails for ``opens`` seconds, then lets one trial through now and then until it closes."""

    def story(second: int) -> Second:
        if second < opens:
            return BAD
        if second < closes:
            return TRIAL if second % trials_every == 0 else NONE
        return GOOD

    return story


def no_breaker(second: int) -> Second:
    return BAD if second < 31 else GOOD


def half_a_breaker(second: int) -> Second:
    """Lets five calls a second through, as a small pool of connections that all wait would."""
    return (5, 0, 0, 5) if 1 <= second < 31 else BAD if second < 1 else GOOD


def never_closes(second: int) -> Second:
    return BAD if second < 1 else TRIAL if second % 10 == 0 else NONE


def test_calls_that_stop_but_for_trials_are_a_breaker_that_opened() -> None:
    finding = judged(OPENS, breaker(opens=3))
    assert finding.verdict is Verdict.HELD, finding
    assert finding.figure is not None
    assert finding.figure.low <= 2.5 <= finding.figure.high < 4


@pytest.mark.parametrize("story", [no_breaker, half_a_breaker], ids=["none", "a small pool that waits"])
def test_calls_that_go_on_are_no_breaker(story: Callable[[int], Second]) -> None:
    assert judged(OPENS, story).verdict is Verdict.BROKEN


def test_a_breaker_that_opens_late_is_broken() -> None:
    assert judged(OPENS, breaker(opens=9)).verdict is Verdict.BROKEN


def test_more_trials_than_promised_break_it() -> None:
    assert judged(OPENS, breaker(trials_every=1)).verdict is Verdict.BROKEN


def test_a_limit_within_the_second_of_a_door_is_too_close() -> None:
    finding = BreakerOpens("redis", 2.6, 2, 5).judge(recorded(counts(breaker(opens=3))), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_calls_that_nobody_could_make_are_no_proof_of_a_breaker() -> None:
    quiet = lambda second: GOOD if second < 1 else NONE  # noqa: E731 - packets are dropped before the proxy
    finding = judged(OPENS, quiet)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    assert "no call reached redis" in finding.reason


def test_a_harm_that_ends_before_the_calls_stopped_for_long_enough_proves_nothing() -> None:
    short = recorded(counts(lambda s: BAD if s < 1 else NONE if s < 4 else GOOD), over=HARM + 4)
    finding = OPENS.judge(short, BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_a_service_that_is_hardly_called_shows_no_breaker() -> None:
    idle = [replace(e, seconds=()) for e in counts(breaker())]
    finding = OPENS.judge(recorded(idle), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


@pytest.mark.parametrize("claim", [OPENS, CLOSES, TOLERATES], ids=["opens", "closes", "tolerates"])
def test_a_door_that_was_not_read_proves_nothing(claim: Claim) -> None:
    unread = [event for event in counts(breaker()) if not HARM + 10 <= event.since < HARM + 50]
    for counted in ([], unread):
        finding = claim.judge(recorded(counted), BEGAN)
        assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING), finding


def test_calls_that_flow_again_are_a_breaker_that_closed() -> None:
    finding = judged(CLOSES, breaker(closes=35))
    assert finding.verdict is Verdict.HELD, finding
    assert finding.figure is not None
    assert finding.figure.low <= 4.5 <= finding.figure.high


@pytest.mark.parametrize("story", [never_closes, breaker(closes=50)], ids=["never", "late"])
def test_calls_that_stay_away_are_a_breaker_that_did_not_close(story: Callable[[int], Second]) -> None:
    assert judged(CLOSES, story).verdict is Verdict.BROKEN


def test_one_that_opens_again_has_not_closed() -> None:
    flaps = lambda s: breaker()(s) if s < 31 else NONE if 45 <= s < 50 else GOOD  # noqa: E731
    assert judged(CLOSES, flaps).verdict is Verdict.BROKEN


def test_a_clean_up_that_comes_too_soon_does_not_show_whether_it_closes() -> None:
    finding = BreakerCloses("redis", 60).judge(recorded(counts(never_closes)), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_a_harm_without_an_end_shows_no_closing() -> None:
    finding = CLOSES.judge(recorded(counts(breaker()), over=None), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.ENDED_EARLY)


def test_one_that_opens_after_enough_failures_is_tolerant() -> None:
    assert judged(TOLERATES, breaker(opens=2)).verdict is Verdict.HELD


def test_one_that_opens_at_the_first_error_is_broken() -> None:
    nervous = lambda s: (USUAL, USUAL - 1, 1, 0) if s < 1 else NONE if s < 31 else GOOD  # noqa: E731
    finding = judged(TOLERATES, nervous)
    assert finding.verdict is Verdict.BROKEN, finding
    assert finding.figure == Interval(0, 1)


def test_answers_that_are_kept_back_may_have_failed() -> None:
    kept_back = lambda s: (USUAL, USUAL - 8, 0, 0) if s < 1 else NONE if s < 31 else GOOD  # noqa: E731
    finding = judged(TOLERATES, kept_back)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_one_that_stays_closed_at_single_errors_is_tolerant() -> None:
    assert judged(TOLERATES, lambda s: (USUAL, USUAL, 1, 0) if s < 31 else GOOD).verdict is Verdict.HELD


def test_without_any_failure_nothing_was_tolerated() -> None:
    finding = judged(TOLERATES, lambda s: GOOD)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_a_second_of_few_calls_is_no_pause() -> None:
    few = [replace(e, seconds=tuple(replace(s, calls=s.calls // 10) for s in e.seconds)) for e in counts(no_breaker)]
    finding = TOLERATES.judge(recorded(few), BEGAN)
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_the_doors_of_all_instances_count() -> None:
    two = [*counts(breaker()), *counts(no_breaker, "redis-1")]
    assert OPENS.judge(recorded(two), BEGAN).verdict is Verdict.BROKEN
