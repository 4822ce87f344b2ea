"""The table of design.md: which cause voids what."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from squall.claims.claim import Claim
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.judge import judge, shortfall
from squall.claims.no_failure import NoFailure
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.registry import planned
from squall.claims.success_share import SuccessShare
from squall.errors import Misuse
from squall.interval import Interval
from squall.record.event import Beat, ChangedByOthers, Event, HarmEffect, LeftoverFound, RunVoided, SteadyFound
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.samples import DROPPED, Sample
from squall.verdict import Cause, Finding, Verdict
from tests.records import HARM, plan, record, replaced, started, stream, whole

CLAIMS: dict[str, Claim] = {
    "heals": HealsWithin("api", 30),
    "succeed": SuccessShare(99, 60),
    "failing": FailingTime(5),
    "noticed": NoticedByReadiness(5),
}


def run(
    outage: float = 2.0,
    more: Sequence[Event] = (),
    requests: Sequence[Sample] | None = None,
    probes: Sequence[Sample] | None = None,
) -> Record:
    """A run in which a pod crashed: users fail for so long, the platform replaces it after 8 s."""

    def fails(t: float) -> bool:
        return HARM <= t < HARM + outage

    claims = [planned(text, "Then", claim) for text, claim in CLAIMS.items()]
    found = record(
        stream(50, fails) if requests is None else requests,
        stream(100, fails) if probes is None else probes,
        [started(), *replaced(), *more],
        plan(claims),
    )
    return whole(found)


def verdicts(judgement: Judgement) -> dict[str, tuple[Verdict, Cause | None]]:
    return {finding.claim: (finding.verdict, finding.cause) for finding in judgement.findings}


def voided(judgement: Judgement, cause: Cause) -> bool:
    return set(verdicts(judgement).values()) == {(Verdict.INCONCLUSIVE, cause)}


HELD, BROKEN = (Verdict.HELD, None), (Verdict.BROKEN, None)
SHORT = (Verdict.INCONCLUSIVE, Cause.LOAD_SHORT)


def test_each_claim_is_judged_under_its_own_sentence() -> None:
    found = judge(run())
    assert verdicts(found) == {"heals": HELD, "succeed": BROKEN, "failing": HELD, "noticed": HELD}
    assert [(finding.claim, finding.verdict) for finding in found.built_in] == [
        ("the system is steady again", Verdict.HELD)
    ]
    assert found.verdict is Verdict.BROKEN
    assert found.headline.claim == "succeed"
    assert found.not_undone == []


def test_judging_twice_gives_the_same() -> None:
    seen = run()
    assert judge(seen) == judge(seen)
    assert judge(seen, {plan.text: plan.fields for plan in seen.plan.claims}) == judge(seen)


@pytest.mark.parametrize(
    "cause",
    [
        Cause.NO_TARGET,
        Cause.NO_EFFECT,
        Cause.NOT_STEADY,
        Cause.ENDED_EARLY,
        Cause.HARNESS_ERROR,
        Cause.ABORTED,
        Cause.LOAD_SHORT,
    ],
)
def test_a_voided_run_proves_nothing_of_any_claim(cause: Cause) -> None:
    void = RunVoided(HARM + 3, "squall", cause=str(cause), reason="it went wrong")
    found = judge(run(outage=40, more=[void]))
    assert voided(found, cause)
    assert {finding.reason for finding in found.findings} == {"it went wrong"}
    assert found.built_in == []
    assert found.verdict is Verdict.INCONCLUSIVE


def test_the_first_cause_is_the_one_that_is_told() -> None:
    causes = [(HARM + 9, Cause.ABORTED), (HARM + 3, Cause.NOT_STEADY)]
    voids = [RunVoided(t, "squall", cause=str(cause), reason="why") for t, cause in causes]
    assert voided(judge(run(more=voids)), Cause.NOT_STEADY)


@pytest.mark.parametrize("cause", ["", "sunspots"])
def test_a_cause_of_another_version_still_voids(cause: str) -> None:
    assert voided(judge(run(more=[RunVoided(HARM + 3, "squall", cause, "why")])), Cause.HARNESS_ERROR)


def test_one_target_that_was_not_harmed_voids_all() -> None:
    unproven = HarmEffect(HARM, "api-2", proven=False, how="it lives on", low=HARM, high=HARM)
    found = judge(run(more=[unproven]))
    assert voided(found, Cause.NO_EFFECT)
    assert found.findings[0].reason == "api-2: it lives on"


def test_a_record_that_ends_before_the_harm_proves_nothing() -> None:
    seen = run()
    found = judge(replace(seen, timeline=[event for event in seen.timeline if not isinstance(event, HarmEffect)]))
    assert voided(found, Cause.HARNESS_ERROR)


def test_what_someone_else_changed_voids_all() -> None:
    found = judge(run(more=[ChangedByOthers(HARM + 70, "squall", text="api replicas was 3 and is 5")]))
    assert voided(found, Cause.CHANGED_BY_OTHERS)
    assert found.findings[0].reason == "api replicas was 3 and is 5"


def beats(*steps: tuple[float, float, float], who: str = "squall") -> list[Beat]:
    """Heartbeats with these advances of the three clocks between them."""
    clocks = [HARM - 15, 500.0, 1_700_000_000.0]
    found = []
    for step in ((0.0, 0.0, 0.0), *steps):
        clocks = [clock + advance for clock, advance in zip(clocks, step, strict=True)]
        found.append(Beat(clocks[0], who, boottime=clocks[1], realtime=clocks[2]))
    return found


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ((1.0, 61.0, 61.0), "the machine was suspended for 60.0 s"),
        ((1.0, 1.0, 31.0), "the wall clock was stepped by +30.0 s"),
        ((8.0, 8.0, 8.0), "the harness stood still for 8.0 s"),
    ],
)
def test_a_clock_jump_voids_all(step: tuple[float, float, float], reason: str) -> None:
    found = judge(run(more=beats((1.0, 1.0, 1.0), step)))
    assert voided(found, Cause.CLOCK_JUMP)
    assert found.findings[0].reason == reason


def test_steady_clocks_and_those_of_others_void_nothing() -> None:
    assert judge(run(more=beats(*[(1.0, 1.0, 1.0)] * 95))) == judge(run())
    assert judge(run(more=beats((1.0, 61.0, 61.0), who="agent"))) == judge(run())


@pytest.mark.parametrize(("who", "requests", "probes"), [("users", 1, 0), ("probes", 0, 1)])
def test_the_steady_window_is_looked_at_again_with_the_whole_record(who: str, requests: int, probes: int) -> None:
    """A fifth of the ones fail before the harm: what was still under way when the gate looked is there now."""

    def fails(share: int) -> Callable[[float], bool]:
        return lambda t: bool(share) and t < HARM - 1 and round(t * 50) % 5 == 0

    found = SteadyFound(HARM - 1, "squall", HARM - 11, HARM - 1)
    users, probing = stream(50, fails(requests)), stream(100, fails(probes))
    judged = judge(run(more=[found], requests=users, probes=probing))
    assert voided(judged, Cause.NOT_STEADY)
    assert judged.findings[0].reason.startswith(f"looked at again with the whole record, {who}: ")
    # Records of before say nothing of their window.
    assert not voided(judge(run(requests=users, probes=probing)), Cause.NOT_STEADY)


def test_a_prober_that_is_late_voids_all() -> None:
    late = [sample._replace(sent=sample.sent + 0.11) for sample in stream(100)]
    found = judge(run(probes=late))
    assert voided(found, Cause.PROBER_LATE)
    assert found.findings[0].reason == "probes left late (p99 110ms, 100ms allowed)"
    assert judge(run(probes=[s._replace(sent=s.sent + 0.09) for s in stream(100)])).built_in


def short_of(kept: int) -> list[Sample]:
    """The load with only one arrival of so many made, all of which went well."""
    return [sample for number, sample in enumerate(stream(50)) if number % kept == 0]


def test_a_load_that_fell_short_withdraws_what_it_could_have_changed() -> None:
    found = judge(run(requests=short_of(2), probes=stream(100)))
    assert verdicts(found) == dict.fromkeys(CLAIMS, SHORT)
    assert "never left the load generator" in found.findings[0].reason
    # The figure stays to be read.
    assert found.findings[1].figure is not None


def test_a_violation_that_is_certain_without_the_load_stays_broken() -> None:
    half = [s for n, s in enumerate(stream(50, lambda t: HARM <= t < HARM + 40)) if n % 2]
    found = judge(run(outage=40, requests=half))
    assert verdicts(found) == {"heals": BROKEN, "succeed": BROKEN, "failing": BROKEN, "noticed": SHORT}


def test_a_violation_that_the_missing_load_may_have_made_good_is_not_certain() -> None:
    # Of a load of half its size 1.5 % failed; with the other half all well it were 0.75 %.
    half = [s for n, s in enumerate(stream(50, lambda t: HARM <= t < HARM + 0.9)) if n % 2]
    assert verdicts(judge(run(outage=0.9, requests=half)))["succeed"] == SHORT


def test_dropped_and_late_loads_fall_short() -> None:
    dropped = [
        sample._replace(sent=math.nan, done=math.nan, ok=False, error=DROPPED) if number % 50 == 0 else sample
        for number, sample in enumerate(stream(50))
    ]
    late = [sample._replace(sent=sample.sent + 0.2, done=sample.done + 0.2) for sample in stream(50)]
    assert "76 of 3800 arrivals never left" in str(shortfall(run(requests=dropped)))
    assert shortfall(run(requests=late)) == "the load generator sent late (p99 200ms)"
    assert shortfall(run()) is None
    assert shortfall(replace(run(), timeline=[])) is None


class Crashing:
    """A claim that has a bug."""

    def observation(self, hold: float) -> float:
        return hold

    def judge(self, seen: Record, began: Interval) -> Finding:
        raise ZeroDivisionError("division by zero")


def test_a_claim_that_crashes_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: FailingTime, seen: Record, began: Interval) -> Finding:
        return Crashing().judge(seen, began)

    monkeypatch.setattr(FailingTime, "judge", crash)
    found = judge(run())
    expected = {
        "heals": HELD,
        "succeed": BROKEN,
        "failing": (Verdict.INCONCLUSIVE, Cause.HARNESS_ERROR),
        "noticed": HELD,
    }
    assert verdicts(found) == expected
    assert found.findings[2].reason == "judging failed: ZeroDivisionError: division by zero"


def test_what_is_left_over_is_reported_whatever_the_claims_say() -> None:
    left = LeftoverFound(HARM + 70, "agent", text="the agent beside api-1")
    for more in ([left], [left, RunVoided(HARM, "squall", cause="aborted", reason="Ctrl-C")]):
        assert judge(run(more=more)).not_undone == ["the agent beside api-1"]


def test_limits_are_replaced_by_name_and_by_sentence() -> None:
    seen = run()
    by_name = judge(seen, {"FailingTime": {"limit": 1}, "SuccessShare": {"limit": 90}})
    assert verdicts(by_name) == {"heals": HELD, "succeed": HELD, "failing": BROKEN, "noticed": HELD}
    both = judge(seen, {"SuccessShare": {"limit": 90, "over": 10}, "succeed": {"over": 60}})
    assert verdicts(both)["succeed"] == HELD
    assert judge(seen, {"SuccessShare": {"limit": 90}, "succeed": {"limit": 99}}).findings == judge(seen).findings


def test_a_limit_that_means_nothing_is_misuse() -> None:
    with pytest.raises(Misuse, match="FailingTime: limit: Input should be a valid number"):
        judge(run(), {"FailingTime": {"limit": "soon"}})
    with pytest.raises(Misuse, match="FailingTime: it has no within here"):
        judge(run(), {"FailingTime": {"within": 5}})


def test_no_failure_under_a_short_load_is_only_certain_if_one_failed() -> None:
    claims = [planned("none", "Then", NoFailure())]
    good, bad = (
        replace(run(requests=short_of(2), probes=stream(100)), plan=plan(claims)),
        replace(run(requests=[s for n, s in enumerate(run().requests) if n % 2]), plan=plan(claims)),
    )
    assert verdicts(judge(good)) == {"none": SHORT}
    assert verdicts(judge(bad)) == {"none": BROKEN}
