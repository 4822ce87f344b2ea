"""A record that lacks something is found out, whatever it is; one that lacks nothing is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.judge import judge
from squall.claims.registry import planned
from squall.instances import Ended
from squall.measure.wholeness import incomplete
from squall.record.arrivals import LoadPlan, Stage, lane_of, segments
from squall.record.columns import Samples
from squall.record.event import (
    Beat,
    Event,
    HarmEffect,
    HarmEnded,
    HarmEnding,
    HarmSent,
    LoadStarted,
    PhaseBegan,
    ProberStarted,
    RateChanged,
    Settled,
)
from squall.record.folder import Record
from squall.record.plan import TargetPlan
from squall.verdict import Cause, Verdict
from tests.records import HARM, plan, record, replaced, started, stream, whole

THREE = [TargetPlan("api", f"api-{number}", f"api-{number}/1", "node") for number in (1, 2, 3)]


def effect(who: str, act: int = 0) -> HarmEffect:
    return HarmEffect(HARM, who, proven=True, how="gone", low=HARM, high=HARM + 0.002, act=act)


def run(*more: Event, targets: Sequence[TargetPlan] = THREE[:1]) -> Record:
    of = replace(plan([planned("failing", "Then", FailingTime(5))]), targets=list(targets))
    return whole(record(stream(50), stream(100), [started(), *replaced(), *more], of))


def without(found: Record, lacking: Callable[[Event], bool]) -> Record:
    return replace(found, timeline=[event for event in found.timeline if not lacking(event)])


def test_a_record_that_lacks_nothing() -> None:
    assert incomplete(run()) is None
    assert judge(run()).verdict is Verdict.HELD


def test_what_is_not_whole_proves_nothing_however_well_it_looks() -> None:
    """Case 9c of the known ones: three targets were planned, and two have an effect."""
    found = judge(run(effect("api-2"), targets=THREE))
    assert {(each.verdict, each.cause) for each in found.findings} == {(Verdict.INCONCLUSIVE, Cause.INCOMPLETE)}
    assert found.findings[0].reason == "no effect is recorded of api-3, which was to be harmed"


@pytest.mark.parametrize("name", ["steady", "harm", "observe", "undo", "hold", "done"])
def test_each_phase_must_be_there(name: str) -> None:
    lacking = without(run(), lambda event: isinstance(event, PhaseBegan) and event.name == name)
    assert incomplete(lacking) == f"the record has no phase {name}"


def test_phases_come_in_their_order() -> None:
    turned = without(
        run(PhaseBegan(HARM + 70, "squall", "undo")), lambda event: event.t == HARM + 65 and is_undo(event)
    )
    assert incomplete(turned) == "the phase hold began before the phase undo"


def is_undo(event: Event) -> bool:
    return isinstance(event, PhaseBegan) and event.name == "undo"


def test_the_observation_lasts_as_long_as_was_planned_or_says_why_not() -> None:
    longer = replace(run(), plan=replace(run().plan, observation=90.0))
    assert incomplete(longer) == "the observation ended after 65.0 s of 90 s"
    settled = replace(longer, timeline=[*longer.timeline, Settled(HARM + 65, "squall", 65.0, 90.0)])
    assert incomplete(settled) is None


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ([effect("api-2"), effect("api-3")], None),
        ([HarmSent(HARM, "Crash", ("api-1",)), effect("api-2"), effect("api-3")], "api-2, api-3 was to be harmed"),
        ([HarmSent(HARM, "A", ("api-1", "api-2")), HarmSent(HARM, "B", ("api-3",), 1)], "of api-2, which"),
        ([HarmSent(HARM, "A", ("api-1",)), HarmSent(HARM, "B", ("api-2", "api-3"), 1)], "no effect is recorded of B"),
        (
            [HarmSent(HARM, "A", ("api-1",)), HarmSent(HARM, "Drain", ("api-2", "api-3"), 1), effect("node n", 1)],
            None,
        ),
    ],
)
def test_each_planned_target_has_an_effect(more: Sequence[Event], missing: str | None) -> None:
    found = incomplete(run(*more, targets=THREE))
    assert (found is None) if missing is None else (missing in str(found))


@pytest.mark.parametrize(
    ("ended", "missing"),
    [([], "no end is recorded of Freeze"), (["api-1"], "recorded of api-2"), (["api-1", "api-2"], None)],
)
def test_what_was_ended_has_an_end_at_each_target(ended: Sequence[str], missing: str | None) -> None:
    sent = HarmSent(HARM, "Freeze", ("api-1", "api-2"))
    ends = [HarmEnded(HARM + 5, name, Ended.AS_STATED, "", HARM + 5, HARM + 5) for name in ended]
    of_all = [sent, effect("api-2"), effect("the queue jobs"), HarmEnding(HARM + 5, "Freeze"), *ends]
    found = incomplete(run(*of_all, targets=THREE[:2]))
    assert (found is None) if missing is None else (missing in str(found))


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        # Case 10 of the known ones.
        (LoadStarted(HARM - 15, "load", HARM - 15, 5.0), "the load started with 5 a second, and 50 were planned"),
        (ProberStarted(HARM - 15, "prober", HARM - 15, 5.0), "the probes started with 5 a second, and 50 were planned"),
        (None, "the record does not say when the load started"),
    ],
)
def test_load_and_probes_are_as_planned(event: Event | None, problem: str) -> None:
    lacking = without(run(), lambda each: isinstance(each, type(event) if event else LoadStarted))
    more = [event] if event else []
    assert incomplete(replace(lacking, timeline=[*lacking.timeline, *more])) == problem


STAGES = (Stage(5.0, 50.0, 100.0), Stage(0.0, 50.0, 50.0))


STAGED = LoadPlan(stages=STAGES)


def staged(*changes: RateChanged, load: LoadPlan = STAGED) -> Record:
    found = run(*changes)
    return replace(found, plan=replace(found.plan, load=load))


def changes(start: float = HARM - 0.1, late: float = 0.0) -> list[RateChanged]:
    told = segments(start, STAGES)
    return [RateChanged(start, "load", s.start + late * n, s.rate, s.to, s.over) for n, s in enumerate(told)]


def test_the_stages_of_the_load_are_those_that_were_planned() -> None:
    assert incomplete(staged(*changes())) is None
    assert incomplete(staged()) == "the load was to change in 2 stages, and 0 such are recorded"
    assert incomplete(staged(*changes()[:1])) == "the load was to change in 2 stages, and 1 such are recorded"
    assert incomplete(staged(*changes(late=1.0))) == "the stages of the load did not follow one another as planned"


def test_users_come_at_the_pace_that_was_planned() -> None:
    said = incomplete(staged(load=LoadPlan("closed", users=50, pause=1.0)))
    assert said == "users were to come in a closed loop, and came at even distances"


def test_users_who_wait_for_answers_leave_no_hole_while_they_wait() -> None:
    hole = HARM + 2, HARM + 5
    logs = ([s for s in stream(50) if not hole[0] <= s.intended < hole[1]], stream(100))
    first = LoadStarted(HARM - 15, "load", HARM - 15, 50.0, pace="closed", users=50)
    found = whole(record(*logs, [first, *replaced()], replace(plan(), targets=THREE[:1])))
    for timeout, missing in ((2.0, None), (0.5, "the log of the load has a hole of 3.0 s")):
        load = LoadPlan("closed", users=50, pause=1.0, timeout=timeout)
        said = incomplete(replace(found, plan=replace(found.plan, load=load)))
        assert said is None if missing is None else missing in str(said)


def shared(silent: float, workers: int = 3) -> Record:
    """Return a run whose load was sent by workers, the second of which sent nothing from so long after the harm on."""
    sent = [
        sample._replace(lane=lane_of(number % workers, workers))
        for number, sample in enumerate(stream(50))
        if number % workers != 1 or sample.intended < HARM + silent
    ]
    first = LoadStarted(HARM - 15, "load", HARM - 15, 50.0, workers=workers)
    found = whole(record(sent, stream(100), [first, *replaced()], replace(plan(), targets=THREE[:1])))
    return replace(found, plan=replace(found.plan, load=LoadPlan(workers=workers)))


def test_a_worker_that_died_is_a_hole_though_the_others_go_on() -> None:
    assert incomplete(shared(1000.0)) is None
    assert str(incomplete(shared(20.0))).startswith("worker 2 of 3 of the load sent nothing for 6")
    found = judge(replace(shared(20.0), plan=replace(shared(20.0).plan, claims=run().plan.claims)))
    assert {each.verdict for each in found.findings} == {Verdict.INCONCLUSIVE}


def test_as_many_workers_keep_the_schedule_as_were_planned() -> None:
    found = shared(1000.0)
    fewer = replace(found, plan=replace(found.plan, load=LoadPlan(workers=2)))
    assert incomplete(fewer) == "2 workers were to keep the load's schedule, and 3 did"


def test_a_hole_is_found_by_its_time_and_not_by_its_share() -> None:
    """Case 5b of the known ones: four seconds of 95 are missing in both logs, and nothing failed."""
    hole = HARM + 2, HARM + 6
    whole_run = run()
    logs = [
        Samples.of(sample for sample in log if not hole[0] <= sample.intended < hole[1])
        for log in (whole_run.requests, whole_run.probes)
    ]
    assert incomplete(replace(whole_run, requests=logs[0])) == (
        "the log of the load has a hole of 4.0 s, 13.0 s after the phase steady began"
    )
    assert "log of the prober" in str(incomplete(replace(whole_run, probes=logs[1])))
    holed = judge(replace(whole_run, requests=logs[0], probes=logs[1]))
    assert holed.findings[0].cause is Cause.INCOMPLETE


@pytest.mark.parametrize("end", [HARM + 40, HARM + 78])
def test_a_log_that_ends_early_has_a_hole_at_its_end(end: float) -> None:
    assert "log of the load" in str(incomplete(replace(run(), requests=Samples.of(stream(50, end=end)))))


def test_arrivals_at_random_leave_gaps_that_are_no_holes() -> None:
    """At two a second, half of what is planned may come within the first half of each ten seconds."""
    sparse = [sample for sample in stream(2) if sample.intended % 10 < 5]
    of = replace(run().plan, rate=2.0)
    assert incomplete(whole(record(sparse, stream(100), [started(2.0), *replaced()], of))) is None


@pytest.mark.parametrize(("low", "high"), [(HARM - 20, HARM - 4), (HARM + 10, HARM + 17), (HARM + 60, HARM + 90)])
def test_heartbeats_are_there_all_the_time(low: float, high: float) -> None:
    lacking = without(run(), lambda event: isinstance(event, Beat) and low <= event.t <= high)
    assert incomplete(lacking) == "heartbeats of the harness are missing"
