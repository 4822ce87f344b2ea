"""Why a system does not work, as its platform says it: named, not named, and not seen; and with every bad finding."""

from collections.abc import Sequence

import pytest

from squall.claims.cause_named import CauseNamed
from squall.claims.judge import judge
from squall.claims.no_failure import NoFailure
from squall.claims.registry import planned
from squall.instances import Trouble
from squall.interval import Interval
from squall.measure.troubles import MOST, causes
from squall.record.event import EndpointChanged, Event, PlatformUnseen, TroubleSeen
from squall.verdict import Cause, Finding, Verdict
from tests.records import HARM, listed, plan, record, replaced, shown, started, stream, whole

BEGAN = Interval(HARM, HARM + 0.002)


def seen(trouble: Trouble, t: float = 5.0, instance: str = "api-1", text: str = "") -> Event:
    return TroubleSeen(HARM + t, "api", instance, trouble, text)


def judged(trouble: Trouble, *events: Event) -> Finding:
    return CauseNamed(trouble).judge(record(stream(50), more=[listed(), *events]), BEGAN)


@pytest.mark.parametrize("trouble", [t for t in Trouble if t not in {Trouble.NOT_READY, Trouble.NO_ENDPOINTS}])
def test_what_the_platform_says_is_named(trouble: Trouble) -> None:
    finding = judged(trouble, seen(trouble, text="back-off 10s"))
    assert finding.verdict is Verdict.HELD
    assert finding.reason == f"{trouble}: api-1 5.0 s after (back-off 10s)"


def test_another_cause_is_not_the_cause() -> None:
    finding = judged(Trouble.UNSCHEDULABLE, seen(Trouble.IMAGE, text="not found"))
    assert finding.verdict is Verdict.BROKEN
    assert "named: image cannot be pulled: api-1 at +5.0 s (not found)" in finding.reason
    assert "nothing was" in judged(Trouble.CRASH_LOOP).reason


def test_what_was_so_before_the_harm_is_no_consequence() -> None:
    assert judged(Trouble.IMAGE, seen(Trouble.IMAGE, t=-5)).verdict is Verdict.BROKEN


def test_an_instance_that_is_not_ready_is_named() -> None:
    assert judged(Trouble.NOT_READY, shown(HARM + 2, "api-1", "unready")).verdict is Verdict.HELD
    assert judged(Trouble.NOT_READY, shown(HARM + 2, "api-1", "gone")).verdict is Verdict.BROKEN


def endpoints(*changes: tuple[float, str, bool]) -> Sequence[Event]:
    return [EndpointChanged(HARM + t, "api", name=name, ready=ready) for t, name, ready in changes]


def test_a_service_without_endpoints_is_one_whose_last_was_withdrawn() -> None:
    there = endpoints((-12, "api-1", True), (-12, "api-2", True), (3, "api-1", False))
    assert judged(Trouble.NO_ENDPOINTS, *there).verdict is Verdict.BROKEN
    assert judged(Trouble.NO_ENDPOINTS, *there, *endpoints((4, "api-2", False))).verdict is Verdict.HELD


def test_one_that_starts_again_and_again_is_in_a_loop() -> None:
    """supervisord and Docker restart without a word for it; once after a crash is none."""
    turns = [shown(HARM + turn, "api-1", state, turn + 1) for turn in range(1, 4) for state in ("gone", "ready")]
    assert judged(Trouble.CRASH_LOOP, *turns).verdict is Verdict.HELD
    assert judged(Trouble.CRASH_LOOP, *turns[:4]).verdict is Verdict.BROKEN


def test_a_platform_that_shows_nothing_names_nothing() -> None:
    unwatched = CauseNamed(Trouble.CRASH_LOOP).judge(record(stream(50)), BEGAN)
    assert (unwatched.verdict, unwatched.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)
    hidden = judged(Trouble.CRASH_LOOP, PlatformUnseen(HARM + 9, "squall", low=HARM, high=HARM + 9))
    assert (hidden.verdict, hidden.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING)


def test_it_is_settled_once_it_is_said() -> None:
    claim, said = CauseNamed(Trouble.IMAGE), record(more=[listed(), seen(Trouble.IMAGE)])
    assert claim.settled(said, BEGAN, HARM + 6)
    assert not claim.settled(record(more=[listed()]), BEGAN, HARM + 6)


def test_a_bad_finding_says_what_the_platform_said_meanwhile() -> None:
    of = plan([planned("no request fails", "Then", NoFailure())])
    events = [*replaced(), seen(Trouble.CRASH_LOOP, text="back-off"), started()]
    bad = judge(whole(record(stream(50, lambda t: HARM < t < HARM + 3), stream(100), events, of)))
    (finding,) = bad.findings
    assert finding.verdict is Verdict.BROKEN
    assert finding.platform[0] == "crash loop: api-1 at +5.0 s (back-off)"
    assert any(text.startswith("not ready: api-1") for text in finding.platform)
    good = judge(whole(record(stream(50), stream(100), events, of)))
    assert [each.platform for each in good.findings] == [()]


def test_many_troubles_are_cut_to_a_few() -> None:
    many = [seen(Trouble.IMAGE, t=1 + n / 10, instance=f"api-{n}") for n in range(MOST + 3)]
    said = causes(record(more=[listed(), *many]))
    assert len(said) == MOST + 1
    assert said[-1] == "and 3 more"
