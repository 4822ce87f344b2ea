"""Scaling, disruption budgets, spread over instances, versions, and the error budget: held, broken, and not known."""

import math
from collections.abc import Callable, Sequence

import pytest

from squall.claims.error_budget import ErrorBudget
from squall.claims.even_spread import EvenSpread
from squall.claims.one_version import OneVersion
from squall.claims.replicas_reach import ReplicasReach
from squall.claims.replicas_return import ReplicasReturn
from squall.claims.replicas_within import ReplicasWithin
from squall.claims.unready_gets_nothing import UnreadyGetsNothing
from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import EndpointChanged, Event, HarmEnded, PlatformUnseen, RevisionSeen
from squall.record.folder import Record
from squall.record.samples import UNFINISHED, Sample
from squall.verdict import Cause, Verdict
from tests.records import HARM, listed, record, shown, stream

BEGAN = Interval(HARM, HARM + 0.002)
GROWS = [listed(3), shown(HARM + 12, "api-4", "ready"), shown(HARM + 14, "api-5", "ready")]


def of(requests: Sequence[Sample] = (), *events: Event) -> Record:
    return record(requests, more=events)


def test_a_service_that_grows_in_time_scales() -> None:
    assert ReplicasReach("api", 5, 20).judge(of((), *GROWS), BEGAN).verdict is Verdict.HELD
    assert ReplicasReach("api", 3, 1).judge(of((), *GROWS), BEGAN).verdict is Verdict.HELD


@pytest.mark.parametrize(("count", "limit"), [(5, 13), (6, 30)], ids=["late", "never"])
def test_one_that_does_not_does_not(count: int, limit: float) -> None:
    finding = ReplicasReach("api", count, limit).judge(of((), *GROWS), BEGAN)
    assert finding.verdict is Verdict.BROKEN
    assert "the most were 5" in finding.reason


def test_scaling_that_nobody_saw_is_not_known() -> None:
    assert ReplicasReach("api", 5, 20).judge(of(), BEGAN).cause is Cause.GAUGE_MISSING
    hidden = PlatformUnseen(HARM + 15, "squall", low=HARM + 1, high=HARM + 15)
    assert ReplicasReach("api", 5, 13).judge(of((), *GROWS, hidden), BEGAN).verdict is Verdict.INCONCLUSIVE


OVER = HarmEnded(HARM + 20, "load", ended=Ended.AS_STATED, how="over", low=HARM + 20, high=HARM + 20.1)


def shrinks(at: float) -> list[Event]:
    return [*GROWS, OVER, shown(HARM + at - 1, "api-4", "unready"), shown(HARM + at, "api-5", "gone")]


BACK = ReplicasReturn("api", 3, limit=30)


@pytest.mark.parametrize(("at", "verdict"), [(18, Verdict.HELD), (40, Verdict.HELD), (60, Verdict.BROKEN)])
def test_a_service_that_shrinks_in_time_is_back(at: float, verdict: Verdict) -> None:
    finding = BACK.judge(of((), *shrinks(at)), BEGAN)
    assert finding.verdict is verdict, finding


def test_one_that_stays_large_or_shrinks_too_far_is_not_back() -> None:
    assert BACK.judge(of((), *GROWS, OVER), BEGAN).verdict is Verdict.BROKEN
    too_far = shown(HARM + 50, "api-1", "unready")
    assert BACK.judge(of((), *shrinks(40), too_far), BEGAN).verdict is Verdict.BROKEN


def test_a_return_that_nobody_saw_or_that_was_none_is_not_known() -> None:
    assert BACK.judge(of((), OVER), BEGAN).cause is Cause.GAUGE_MISSING
    assert BACK.judge(of((), listed(3), OVER), BEGAN).cause is Cause.NO_EFFECT
    assert BACK.judge(of((), *GROWS), BEGAN).cause is Cause.ENDED_EARLY
    hidden = PlatformUnseen(HARM + 55, "squall", low=HARM + 21, high=HARM + 55)
    assert BACK.judge(of((), *shrinks(40), hidden), BEGAN).cause is Cause.TOO_CLOSE


LOST = [listed(3), shown(HARM + 5, "api-1", "unready"), shown(HARM + 20, "api-1", "ready", 2)]


def test_a_disruption_budget_is_the_fewest_that_are_ready() -> None:
    assert ReplicasWithin("api", 2).judge(of((), *LOST), BEGAN).verdict is Verdict.HELD
    finding = ReplicasWithin("api", 3).judge(of((), *LOST), BEGAN)
    assert finding.verdict is Verdict.BROKEN
    assert finding.figure == Interval.exact(2)


def test_an_autoscaler_keeps_to_its_bounds() -> None:
    assert ReplicasWithin("api", 3, 5).judge(of((), *GROWS), BEGAN).verdict is Verdict.HELD
    finding = ReplicasWithin("api", 3, 4).judge(of((), *GROWS), BEGAN)
    assert (finding.verdict, finding.figure) == (Verdict.BROKEN, Interval.exact(5))


def test_what_came_before_the_harm_or_after_the_clean_up_is_no_breach() -> None:
    early = [listed(3), shown(HARM - 8, "api-1", "unready"), shown(HARM - 4, "api-1", "ready")]
    late = [shown(HARM + 66, "api-2", "unready")]
    assert ReplicasWithin("api", 3).judge(of((), *early, *late), BEGAN).verdict is Verdict.HELD


def test_counts_that_nobody_saw_are_not_known() -> None:
    assert ReplicasWithin("api", 2).judge(of(), BEGAN).cause is Cause.GAUGE_MISSING
    hidden = PlatformUnseen(HARM + 15, "squall", low=HARM + 1, high=HARM + 15)
    assert ReplicasWithin("api", 2).judge(of((), *LOST, hidden), BEGAN).cause is Cause.GAUGE_MISSING
    assert ReplicasWithin("api", 3).judge(of((), *LOST, hidden), BEGAN).verdict is Verdict.BROKEN


def test_a_breach_settles_it() -> None:
    assert ReplicasWithin("api", 3).settled(of((), *LOST), BEGAN, HARM + 6)
    assert not ReplicasWithin("api", 2).settled(of((), *LOST), BEGAN, HARM + 6)


def answered(who: Callable[[int, float], str]) -> list[Sample]:
    """``who`` says which instance answers, by the request's number and its seconds after the harm."""
    return [s._replace(instance=who(n, s.intended - HARM)) for n, s in enumerate(stream(50))]


SPREAD = EvenSpread("api", 50)


def test_even_answers_are_spread() -> None:
    finding = SPREAD.judge(of(answered(lambda n, t: f"api-{n % 3 + 1}"), listed(3)), BEGAN)
    assert finding.verdict is Verdict.HELD, finding
    assert finding.figure is not None
    assert finding.figure.low == pytest.approx(100, abs=0.2)


def test_one_that_is_asked_little_breaks_the_spread() -> None:
    finding = SPREAD.judge(of(answered(lambda n, t: "api-3" if n % 10 == 0 else f"api-{n % 2 + 1}"), listed(3)), BEGAN)
    assert finding.verdict is Verdict.BROKEN
    assert "api-3 gave" in finding.reason


def test_one_that_is_not_ready_has_no_share() -> None:
    two = answered(lambda n, t: f"api-{n % 2 + 2}" if 5 <= t < 20 else f"api-{n % 3 + 1}")
    assert SPREAD.judge(of(two, *LOST), BEGAN).verdict is Verdict.HELD
    # One that comes back and is asked by nobody has one.
    never_again = answered(lambda n, t: f"api-{n % 2 + 2}" if t >= 5 else f"api-{n % 3 + 1}")
    assert SPREAD.judge(of(never_again, *LOST), BEGAN).verdict is Verdict.BROKEN


def test_a_spread_that_does_not_show_is_not_known() -> None:
    assert SPREAD.judge(of(stream(50), listed(3)), BEGAN).cause is Cause.GAUGE_MISSING
    assert SPREAD.judge(of(answered(lambda n, t: "api-1")), BEGAN).cause is Cause.GAUGE_MISSING
    few = [s for n, s in enumerate(answered(lambda n, t: f"api-{n % 3 + 1}")) if n % 40 == 0]
    assert SPREAD.judge(of(few, listed(3)), BEGAN).cause is Cause.TOO_FEW_SAMPLES
    assert SPREAD.judge(of(answered(lambda n, t: "api-1"), listed(1)), BEGAN).cause is Cause.TOO_FEW_SAMPLES


NOTHING_LATER = UnreadyGetsNothing("api", 2)


@pytest.mark.parametrize(("until", "verdict"), [(6.5, Verdict.HELD), (12, Verdict.BROKEN)])
def test_one_that_is_not_ready_is_soon_left_alone(until: float, verdict: Verdict) -> None:
    asked = answered(lambda n, t: f"api-{n % 2 + 2}" if until <= t < 20 else f"api-{n % 3 + 1}")
    assert NOTHING_LATER.judge(of(asked, *LOST), BEGAN).verdict is verdict


def test_one_that_was_always_ready_shows_nothing() -> None:
    even = answered(lambda n, t: f"api-{n % 3 + 1}")
    assert NOTHING_LATER.judge(of(even, listed(3)), BEGAN).cause is Cause.NO_EFFECT
    assert NOTHING_LATER.judge(of(stream(50), *LOST), BEGAN).cause is Cause.GAUGE_MISSING
    assert NOTHING_LATER.judge(of(even), BEGAN).cause is Cause.GAUGE_MISSING


def version(t: float, name: str, revision: str) -> Event:
    return RevisionSeen(HARM + t, "api", name=name, revision=revision)


BLUE = [version(-12, f"api-{n}", "v1") for n in (1, 2, 3)]
GREEN = [version(3, f"new-{n}", "v2") for n in (1, 2, 3)]


def switched(at: float, stragglers: float = 0.0) -> list[Sample]:
    return answered(lambda n, t: f"{'new' if t >= at and (n % 20 or t >= at + stragglers) else 'api'}-{n % 3 + 1}")


@pytest.mark.parametrize(
    ("at", "stragglers", "verdict"),
    [(8, 0, Verdict.HELD), (8, 30, Verdict.BROKEN), (20, 0, Verdict.BROKEN), (100, 0, Verdict.HELD)],
)
def test_after_a_switch_all_answers_are_of_one_version(at: float, stragglers: float, verdict: Verdict) -> None:
    finding = OneVersion("api", 10).judge(of(switched(at, stragglers), *BLUE, *GREEN), BEGAN)
    assert finding.verdict is verdict, finding


def test_none_of_a_bad_version_is_none_of_one_that_gave_no_answer_before() -> None:
    good = OneVersion("api", 0, known=True)
    assert good.judge(of(switched(100), *BLUE, *GREEN), BEGAN).verdict is Verdict.HELD
    one = answered(lambda n, t: "new-1" if n == 1500 else f"api-{n % 3 + 1}")
    finding = good.judge(of(one, *BLUE, *GREEN), BEGAN)
    assert (finding.verdict, finding.figure) == (Verdict.BROKEN, Interval.exact(1))


def test_an_instance_that_runs_another_version_under_its_name_counts_by_time() -> None:
    anew = [version(5, f"api-{n}", "v2") for n in (1, 2, 3)]
    even = answered(lambda n, t: f"api-{n % 3 + 1}")
    assert OneVersion("api", 10).judge(of(even, *BLUE, *anew), BEGAN).verdict is Verdict.HELD
    assert OneVersion("api", 0).judge(of(even, *BLUE, *anew), BEGAN).verdict is Verdict.BROKEN


def test_whoever_stands_behind_the_door_answers_for_the_service() -> None:
    """Blue and green are two services of the system file; users know one door."""
    green = [RevisionSeen(HARM - 12, "green", name=f"new-{n}", revision="v2") for n in (1, 2, 3)]
    behind = [EndpointChanged(HARM + 3, "api", name=f"new-{n}", ready=True) for n in (1, 2, 3)]
    claim = OneVersion("api", 10)
    assert claim.judge(of(switched(3), *BLUE, *green, *behind), BEGAN).verdict is Verdict.HELD
    assert claim.judge(of(switched(3, 30), *BLUE, *green, *behind), BEGAN).verdict is Verdict.BROKEN
    assert claim.judge(of(switched(3), *BLUE, *green), BEGAN).cause is Cause.GAUGE_MISSING, "strangers are nobody's"
    new = OneVersion("api", 0, known=True)
    assert new.judge(of(switched(3), *BLUE, *green, *behind), BEGAN).verdict is Verdict.BROKEN


def test_versions_that_do_not_show_are_not_known() -> None:
    claim = OneVersion("api", 10)
    assert claim.judge(of(switched(8)), BEGAN).cause is Cause.GAUGE_MISSING
    assert claim.judge(of(stream(50), *BLUE), BEGAN).cause is Cause.GAUGE_MISSING
    few = [s for n, s in enumerate(switched(100)) if n % 40 == 0]
    assert claim.judge(of(few, *BLUE), BEGAN).cause is Cause.TOO_FEW_SAMPLES


def test_an_error_budget_is_spent_by_failures() -> None:
    """1% of 50 a second for thirty days are 1,296,000 failures; 50 of them are 0.00386% of it."""
    one_second = of(stream(50, lambda t: HARM + 1 <= t < HARM + 2))
    finding = ErrorBudget(0.004).judge(one_second, BEGAN)
    assert finding.verdict is Verdict.HELD
    assert finding.figure is not None
    assert finding.figure.low == pytest.approx(100 * 50 / 1_296_000)
    # 50 of the 3,250 requests of 65 s are 1.54%, where 1% is allowed.
    assert "burn rate 1.54" in finding.reason
    assert ErrorBudget(0.0038).judge(one_second, BEGAN).verdict is Verdict.BROKEN


def test_a_budget_of_few_or_unseen_requests_is_not_known() -> None:
    assert ErrorBudget(1).judge(of(stream(1)), BEGAN).cause is Cause.TOO_FEW_SAMPLES
    cut = [
        s._replace(done=math.nan, ok=False, error=UNFINISHED) if HARM < s.intended < HARM + 5 else s for s in stream(50)
    ]
    assert ErrorBudget(0.004).judge(of(cut), BEGAN).cause is Cause.TOO_CLOSE


def test_an_overspent_budget_settles_it() -> None:
    failing = of(stream(50, lambda t: t > HARM))
    assert ErrorBudget(0.004).settled(failing, BEGAN, HARM + 5)
    assert not ErrorBudget(1).settled(failing, BEGAN, HARM + 5)
