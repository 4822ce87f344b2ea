import math
from dataclasses import replace

import pytest

from squall.claims.heals_within import HealsWithin
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.recovers_within import RecoversWithin
from squall.claims.steady_again import SteadyAgain
from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import Event, HarmEnded, HarmEnding, PhaseBegan, PlatformUnseen
from squall.record.folder import Record
from squall.verdict import Cause, Verdict
from tests.records import END, HARM, listed, plan, record, replaced, shown, stream

BEGAN = Interval(HARM, HARM + 0.002)
HEALS, NOTICED, AGAIN = HealsWithin("api", 30), NoticedByReadiness(5), SteadyAgain()


def run(outage: float = 0.0, *more: Event, rate: float = 50.0, end: float = HARM + 80) -> Record:
    """A run in which users fail for so long, and the platform shows what is given (by default it heals after 8 s)."""
    requests = stream(rate, lambda t: HARM <= t < HARM + outage, end=end)
    probes = stream(2 * rate, lambda t: HARM <= t < HARM + outage, end=end)
    return record(requests, probes, more or replaced())


def test_healed_is_the_later_of_users_and_instances() -> None:
    platform_last = HEALS.judge(run(outage=3), BEGAN)
    assert platform_last.verdict is Verdict.HELD
    assert platform_last.figure == Interval(HARM + 8 - BEGAN.high, 8)
    assert "instances last" in platform_last.reason
    users_last = HEALS.judge(run(outage=20), BEGAN)
    assert users_last.verdict is Verdict.HELD
    assert users_last.figure is not None
    assert 19.5 <= users_last.figure.low <= 20
    assert "users last" in users_last.reason


@pytest.mark.parametrize(
    "seen", [run(40), run(70), run(3, listed(), shown(HARM + 1, "api-1", "unready")), run(3, *replaced(after=45.0))]
)
def test_what_heals_too_late_or_never_is_broken(seen: Record) -> None:
    assert HEALS.judge(seen, BEGAN).verdict is Verdict.BROKEN


def test_what_comes_back_after_the_clean_up_did_not_heal_by_itself() -> None:
    found = HealsWithin("api", 60).judge(run(3, *replaced(after=66.0)), BEGAN)
    assert found.verdict is Verdict.BROKEN
    assert found.figure is not None
    assert found.figure.high == math.inf


def test_a_limit_within_the_error_is_too_close() -> None:
    measured = HEALS.judge(run(outage=20), BEGAN).figure
    assert measured is not None
    found = HealsWithin("api", measured.middle).judge(run(outage=20), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


@pytest.mark.parametrize("seen", [run(rate=5), run(end=HARM), run(end=HARM + 3), run(17, end=HARM + 20)])
def test_too_few_samples_do_not_show_whether_it_healed(seen: Record) -> None:
    found = HEALS.judge(seen, BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_no_samples_at_all_neither() -> None:
    found = HEALS.judge(record(more=replaced()), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_a_service_that_nobody_watched_did_nothing() -> None:
    for claim in (HEALS, NOTICED, AGAIN):
        found = claim.judge(record(stream(50), stream(100)), BEGAN)
        assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
        assert found.reason == "the platform showed no instances of api"


def test_a_neighbour_that_stands_all_along_heals_with_the_users() -> None:
    of = replace(plan(), instances={"api": 3, "redis": 1})
    seen = replace(run(3, *replaced(), listed(1, "redis")), plan=of)
    assert HealsWithin("redis", 30).judge(seen, BEGAN).verdict is Verdict.HELD


def test_of_a_service_that_is_to_have_no_instance_nothing_is_known() -> None:
    found = HealsWithin("redis", 30).judge(run(3, *replaced(), listed(1, "redis")), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)


def frozen(until: float, outage: float, *more: Event) -> Record:
    """The API server was frozen until then, and the harm ended so; nothing was shown of a service that stood."""
    end = HARM + until
    told = [
        listed(1, "redis"),
        PlatformUnseen(HARM + until, "squall", low=HARM, high=HARM + until),
        HarmEnding(HARM + until - 0.1, "ApiServerFreeze", act=0),
        HarmEnded(end, "the API server", Ended.AS_STATED, "", low=end - 0.1, high=end),
    ]
    return replace(run(outage, *told, *more), plan=replace(plan(), instances={"redis": 1}))


def test_while_the_platform_is_not_seen_nobody_is_known_to_have_healed() -> None:
    found = HealsWithin("redis", 10).judge(frozen(20, outage=3), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    assert "kept the platform from being seen" in found.reason
    assert HealsWithin("redis", 2).judge(frozen(20, outage=15), BEGAN).verdict is Verdict.BROKEN


def test_once_it_is_seen_again_it_is_known_to_stand() -> None:
    found = RecoversWithin("redis", 10).judge(frozen(20, outage=3), BEGAN)
    assert found.verdict is Verdict.HELD
    assert found.figure is not None
    # What waited has arrived a second later.
    assert found.figure.high == pytest.approx(1.1)
    gone = shown(HARM + 20.5, "redis-1", "gone", service="redis")
    assert RecoversWithin("redis", 10).judge(frozen(20, 3, gone), BEGAN).verdict is Verdict.BROKEN


def test_a_notice_that_came_when_it_could_be_seen_again_may_be_older() -> None:
    unseen = PlatformUnseen(HARM + 6, "squall", low=HARM, high=HARM + 6)
    found = NOTICED.judge(run(3, *replaced(noticed=6.2), unseen), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_CLOSE)


def test_noticed_is_when_the_platform_first_shows_it() -> None:
    held = NOTICED.judge(run(3, *replaced(noticed=2.0)), BEGAN)
    assert (held.verdict, held.figure) == (Verdict.HELD, Interval(HARM + 2 - BEGAN.high, 2))
    assert NOTICED.judge(run(3, *replaced(noticed=7.0)), BEGAN).verdict is Verdict.BROKEN
    never = NOTICED.judge(run(3, listed()), BEGAN)
    assert never.verdict is Verdict.BROKEN
    assert "no sure end was seen" in never.reason


def test_a_notice_within_the_error_of_the_onset_is_too_close() -> None:
    began = Interval(HARM, HARM + 1)
    found = NOTICED.judge(run(3, *replaced(noticed=5.5)), began)
    assert (found.verdict, found.cause, found.figure) == (
        Verdict.INCONCLUSIVE,
        Cause.TOO_CLOSE,
        Interval(4.5, 5.5),
    )


def test_where_nothing_is_harmed_nothing_is_to_be_noticed() -> None:
    seen = run(0)
    found = NOTICED.judge(replace(seen, plan=replace(plan(), targets=[])), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_TARGET)


def test_steady_again_looks_at_what_came_after_the_clean_up() -> None:
    assert AGAIN.judge(run(outage=40), BEGAN).verdict is Verdict.HELD


def test_users_that_still_fail_are_not_steady() -> None:
    found = AGAIN.judge(run(outage=79), BEGAN)
    assert (found.verdict, found.cause) == (Verdict.BROKEN, None)
    assert found.reason == "the objective was not kept for 5s in the 15s after the clean-up"


def test_instances_that_are_missing_are_not_steady() -> None:
    found = AGAIN.judge(run(3, listed(), shown(HARM + 1, "api-1", "gone")), BEGAN)
    assert found.verdict is Verdict.BROKEN
    assert found.reason == "15s after the clean-up 2 of 3 instances of api are ready"


@pytest.mark.parametrize("seen", [run(end=HARM + 65), run(end=HARM + 66), run(rate=1)])
def test_too_few_samples_after_the_clean_up_prove_nothing(seen: Record) -> None:
    found = AGAIN.judge(seen, BEGAN)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_SAMPLES)


def test_a_run_that_did_not_get_so_far_is_the_harness_s_error() -> None:
    seen, done = run(), PhaseBegan(END, "squall", "done")
    short = replace(seen, timeline=[event for event in seen.timeline if event != done])
    assert AGAIN.judge(short, BEGAN).cause is Cause.HARNESS_ERROR


def test_they_look_as_far_as_they_must() -> None:
    assert (HEALS.observation(5), NOTICED.observation(5), AGAIN.observation(5)) == (35, 10, 0)
