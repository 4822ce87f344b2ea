"""An observation that ends early comes to the verdict of the whole one, whatever would have come after.

Each example is a whole run: how users are answered from the harm on, in stretches, and what the platform shows. It
is looked at every second as the experiment would see it, without the requests that are still under way. Where a
claim says that it is settled, the run is cut there, goes on in three ways, and is judged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from squall.claims.claim import Claim, Settling
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.judge import judge
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.no_failure import NoFailure
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.registry import planned
from squall.claims.success_share import SuccessShare
from squall.interval import Interval
from squall.record.columns import Samples
from squall.record.event import Event, HarmEffect, LoadStarted, PhaseBegan, Settled
from squall.record.folder import Record
from squall.record.plan import Objective, Plan
from squall.record.samples import Sample
from squall.verdict import Cause, Verdict
from tests.records import HARM, listed, plan, shown, started
from tests.records import whole as complete

RATE, HOLD = 20.0, 4.0
PATIENCE, WRITTEN = 2.0, 0.5
BEGAN = Interval(HARM, HARM + 0.002)
# Of the load; 15.3 s before the harm, so that no arrival falls on a moment that a window begins or ends with.
BEGIN = HARM - 15.3131
# How a request is answered: whether well, and after how long. The last share is one in five.
ANSWERS = {"well": (True, 0.01), "slowly": (True, 0.5), "badly": (False, 0.01), "never": (False, PATIENCE)}


@dataclass(frozen=True)
class Story:
    """What happens after the harm: stretches of (seconds, answer, to one in how many), and what the platform shows."""

    stretches: Sequence[tuple[float, str, int]]
    shows: Sequence[Event] = ()

    def answer(self, t: float, number: int) -> tuple[bool, float]:
        end = HARM
        for length, answer, every in self.stretches:
            if end <= t < end + length:
                return ANSWERS[answer if number % every == 0 else "well"]
            end += length
        return ANSWERS["well"]


def samples(story: Story, rate: float, until: float, begin: float = BEGIN) -> list[Sample]:
    found = []
    for number in range(math.ceil((until - begin) * rate)):
        t = begin + number / rate
        good, latency = story.answer(t, number)
        found.append(Sample(t, t, t + latency, 200 if good else 503, good, "request", "load"))
    return found


def run(story: Story, claims: Sequence[Claim], undo: float, *more: Event) -> Record:
    """A run whose clean-up begins at ``undo``; a second after the hold the load ends."""
    end = undo + HOLD + 1
    observation = max(claim.observation(HOLD) for claim in claims)
    of: Plan = replace(
        plan([planned(f"{number}", "Then", claim) for number, claim in enumerate(claims)], RATE, HOLD),
        observation=min(observation, undo - HARM), objective=Objective(95.0, 80.0, 200.0),
    )  # fmt: skip
    events = [
        PhaseBegan(HARM - 11, "squall", name="steady"),
        HarmEffect(HARM, "api-1", proven=True, how="gone", low=HARM, high=HARM + 0.002),
        PhaseBegan(undo, "squall", name="undo"),
        PhaseBegan(undo, "squall", name="hold"),
        PhaseBegan(end, "squall", name="done"),
        started(RATE, BEGIN), listed(), *more, *(event for event in story.shows if event.t < end),
    ]  # fmt: skip
    probes = [sample._replace(done=min(sample.done, sample.intended + 1)) for sample in samples(story, RATE, end)]
    return complete(Record(of, events, Samples.of(samples(story, RATE, end)), Samples.of(probes)))


def undoing(event: Event) -> bool:
    return isinstance(event, PhaseBegan) and event.name == "undo"


def seen(whole: Record, now: float) -> Record:
    """What the experiment knows at a moment."""
    requests, probes = (Samples.of(s for s in some if s.done <= now - 0.25) for some in (whole.requests, whole.probes))
    timeline = [event for event in whole.timeline if event.t <= now and not undoing(event)]
    return replace(whole, timeline=timeline, requests=requests, probes=probes)


def settled(claim: Claim, whole: Record, now: float) -> bool:
    assert isinstance(claim, Settling)
    return claim.settled(seen(whole, now), BEGAN, now - PATIENCE - WRITTEN)


def first_settled(claim: Claim, whole: Record) -> float | None:
    """Return the first second after the harm at which a claim is settled, before its observation is over."""
    seconds = range(1, math.ceil(claim.observation(HOLD)))
    return next((float(second) for second in seconds if settled(claim, whole, HARM + second)), None)


def cut(story: Story, claim: Claim, after: float) -> Record:
    """The same run with its observation ended so long after the harm."""
    said = Settled(HARM + after, "squall", after=after, planned=claim.observation(HOLD))
    return run(story, [claim], HARM + after + 0.01, said)


def goes_on(story: Story, after: float, answer: str) -> Story:
    """The same until then; from then on all is answered in one way."""
    kept, end = [], 0.0
    for length, how, every in story.stretches:
        kept.append((max(0.0, min(length, after - end)), how, every))
        end += length
    return replace(story, stretches=[*kept, (max(0.0, after - end), "well", 1), (60.0, answer, 1)])


CLAIMS = st.one_of(
    st.builds(HealsWithin, st.just("api"), st.floats(1, 8)),
    st.builds(NoticedByReadiness, st.floats(0.5, 4)),
    st.builds(SuccessShare, st.floats(20, 99.9), st.floats(5.1, 12)),
    st.builds(FailingTime, st.floats(0.5, 4)),
    st.builds(LatencyBack, st.just(80.0), st.floats(2.6, 4), st.just(200.0), st.floats(1, 6)),
    st.builds(LatencyBelow, st.just(80.0), st.floats(2.6, 8), st.floats(20, 1000)),
    st.just(NoFailure()),
)
STRETCHES = st.lists(
    st.tuples(st.floats(0.1, 6), st.sampled_from(sorted(ANSWERS)), st.sampled_from([1, 1, 2, 5, 30])), max_size=6
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    lost, back, again = (draw(st.floats(0.1, 9)) for _ in range(3))
    shows = [shown(HARM + lost, "api-1", "unready"), shown(HARM + lost + back, "api-1", "ready", 2)]
    if draw(st.booleans()):
        shows.append(shown(HARM + lost + back + again, "api-1", "unready", 2))
    return Story(draw(STRETCHES), shows[: draw(st.integers(0, 3))])


@settings(deadline=None, max_examples=80)
@given(stories(), CLAIMS)
def test_ending_early_does_not_change_a_verdict(story: Story, claim: Claim) -> None:
    whole = run(story, [claim], HARM + claim.observation(HOLD))
    after = first_settled(claim, whole)
    if after is None:
        return
    verdict = judge(cut(story, claim, after)).findings[0].verdict
    recovers = isinstance(claim, HealsWithin | LatencyBack)
    if recovers and verdict is Verdict.INCONCLUSIVE:
        # It relapsed while the requests were under way with which it was settled.
        return
    assert verdict is not Verdict.INCONCLUSIVE
    for answer in ANSWERS:
        changed = goes_on(story, after, answer)
        assert judge(cut(changed, claim, after)).findings[0].verdict is verdict, answer
        # What was good for the hold length has recovered; a relapse after that is another story.
        if not (verdict is Verdict.HELD and recovers):
            assert judge(run(changed, [claim], HARM + claim.observation(HOLD))).findings[0].verdict is verdict, answer


@settings(deadline=None, max_examples=30)
@given(stories(), CLAIMS)
def test_what_is_settled_stays_settled(story: Story, claim: Claim) -> None:
    whole = run(story, [claim], HARM + claim.observation(HOLD))
    after = first_settled(claim, whole)
    # What was good for the hold length has recovered; it may relapse, and then there is another answer.
    if after is not None and not isinstance(claim, HealsWithin | LatencyBack):
        later = range(math.ceil(after), math.ceil(claim.observation(HOLD)))
        assert all(settled(claim, whole, HARM + second) for second in later)


REPLACED = [shown(HARM + 0.5, "api-1", "unready"), shown(HARM + 3, "api-1", "ready", 2)]
NOT_BACK = REPLACED[:1]


@pytest.mark.parametrize(
    ("claim", "story", "verdict", "after"),
    [
        # Instances must be ready for the hold length, too; known takes the patience of users more.
        (HealsWithin("api", 8), Story([], REPLACED), Verdict.HELD, 10),
        (HealsWithin("api", 8), Story([(4, "badly", 1)], REPLACED), Verdict.HELD, 11),
        (HealsWithin("api", 2), Story([], REPLACED), Verdict.BROKEN, 5),
        (HealsWithin("api", 8), Story([], NOT_BACK), Verdict.BROKEN, 11),
        (NoticedByReadiness(4), Story([], REPLACED), Verdict.HELD, 4),
        (NoticedByReadiness(0.3), Story([], REPLACED), Verdict.BROKEN, 3),
        # 200 arrivals in 10 s: the second bad one is one too many.
        (SuccessShare(99.3, 10), Story([(2, "badly", 1)]), Verdict.BROKEN, 3),
        (SuccessShare(99.3, 10), Story([]), Verdict.HELD, None),
        (SuccessShare(50, 10), Story([]), Verdict.HELD, 6),
        (NoFailure(), Story([(0.5, "badly", 1)]), Verdict.BROKEN, 1),
        (FailingTime(2), Story([(3, "badly", 1)]), Verdict.BROKEN, 3),
        (FailingTime(2), Story([(1, "badly", 1)]), Verdict.HELD, None),
        (LatencyBack(80, 3, 200, 10), Story([(2, "slowly", 1)]), Verdict.HELD, 12),
        (LatencyBack(80, 3, 200, 10), Story([(30, "slowly", 1)]), Verdict.BROKEN, None),
        (LatencyBelow(80, 10, 200), Story([(6, "slowly", 1)]), Verdict.BROKEN, 4),
        (LatencyBelow(80, 10, 200), Story([]), Verdict.HELD, 9),
    ],
)
def test_when_each_is_settled(claim: Claim, story: Story, verdict: Verdict, after: float | None) -> None:
    whole = run(story, [claim], HARM + claim.observation(HOLD))
    assert judge(whole).findings[0].verdict is verdict
    assert first_settled(claim, whole) == after


def test_that_nothing_fails_shows_only_at_the_end() -> None:
    whole = run(Story([]), [NoFailure(), FailingTime(6)], HARM + 14)
    assert judge(whole).findings[0].verdict is Verdict.HELD
    assert not any(settled(NoFailure(), whole, HARM + second) for second in range(1, 14))


def test_a_second_outage_would_have_been_missed() -> None:
    """Requests fail for 1.5 s, and long after all has healed for as long again: only together is it too long."""
    story = Story([(1.5, "badly", 1), (4.0, "well", 1), (1.5, "badly", 1)], REPLACED)
    claim = FailingTime(2.5)
    whole = run(story, [claim], HARM + claim.observation(HOLD))
    assert judge(whole).findings[0].verdict is Verdict.BROKEN
    assert not any(settled(claim, whole, HARM + second) for second in (3, 4, 5))
    too_early = run(Story(story.stretches[:2], REPLACED), [claim], HARM + 5)
    assert judge(too_early).findings[0].verdict is Verdict.INCONCLUSIVE, "who ends then has not seen enough"


def test_where_users_make_several_requests_shares_are_settled_by_the_end_alone() -> None:
    story, claim = Story([(1, "badly", 1)]), SuccessShare(91, 10)
    whole = run(story, [claim], HARM + 10)
    twice = replace(whole, requests=Samples.of([*whole.requests, *whole.requests]))
    assert first_settled(claim, whole) is not None
    assert first_settled(claim, twice) is None


@pytest.mark.parametrize(("claim", "story"), [
    (SuccessShare(99, 10), Story([(2, "badly", 1)])), (LatencyBelow(80, 10, 200), Story([])), (NoFailure(), Story([])),
])  # fmt: skip
def test_without_a_schedule_it_is_not_known_how_many_are_to_come(claim: Claim, story: Story) -> None:
    whole = run(story, [claim], HARM + 10)
    silent = replace(whole, timeline=[event for event in whole.timeline if not isinstance(event, LoadStarted)])
    assert first_settled(claim, silent) is None


def test_a_stretch_that_has_begun_in_time_may_still_last() -> None:
    """After the limit there is none yet that has stood for the hold length, but one that began before it will."""
    claim, story = LatencyBack(80, 3, 200, 3), Story([(3, "slowly", 1)])
    whole = run(story, [claim], HARM + claim.observation(HOLD))
    early = claim.judge(seen(whole, HARM + 9).until(HARM + 6.5), BEGAN)
    assert early.verdict is Verdict.INCONCLUSIVE, "as it would stand if the observation ended here"
    assert judge(whole).findings[0].verdict is Verdict.HELD
    assert not settled(claim, whole, HARM + 9)


def test_with_another_limit_a_run_that_was_cut_short_may_not_reach() -> None:
    story = Story([(3, "badly", 1)], REPLACED)
    record = cut(story, FailingTime(2), 8)
    assert judge(record).findings[0].verdict is Verdict.BROKEN
    assert judge(record, {"FailingTime": {"limit": 1}}).findings[0].verdict is Verdict.BROKEN
    looser = judge(record, {"FailingTime": {"limit": 20}}).findings[0]
    assert (looser.verdict, looser.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)
    assert "the observation was ended 8 s after the harm" in looser.reason


def test_with_a_limit_that_needs_no_more_than_was_observed_it_reaches() -> None:
    story = Story([(3, "badly", 1)], REPLACED)
    record = cut(story, FailingTime(2), 11.1)
    assert judge(record, {"FailingTime": {"limit": 3.5}}).findings[0].verdict is Verdict.HELD
    assert judge(record, {"FailingTime": {"limit": 3.6}}).findings[0].verdict is Verdict.INCONCLUSIVE
