"""Records made by hand: a crash that is healed, one that is not in time, no effect, no harm, nothing at all."""

import dataclasses
import math
from collections.abc import Callable, Iterator

from squall.clock import Heartbeat
from squall.interval import Interval
from squall.record.columns import Samples
from squall.record.event import (
    Beat,
    Event,
    HarmEffect,
    HarmSent,
    InstanceChanged,
    InstanceListed,
    InstancesListed,
    LoadStarted,
    LoadStopped,
    Noted,
    PhaseBegan,
    ProberStarted,
    State,
    UndoReplayed,
)
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.record.plan import ClaimPlan, Objective, Plan, TargetPlan
from squall.record.samples import DROPPED, UNFINISHED, Sample
from squall.verdict import Cause, Finding, Measured, Side, Verdict

START, HARM, UNDO, HOLD, END = 1000.0, 1020.0, 1050.0, 1050.2, 1058.0
FAILS, HEALS = "requests fail for no longer than 5s", '"api" heals by itself within 30s'
STEADY = "the system is steady again"

PLAN = Plan(
    run="20261121T064416-a-crashed-pod",
    scenario="A crashed pod costs users little",
    feature="features/rerank/crash.feature",
    tags=["severity:critical", "epic:runbook", "kind"],
    system="rerank",
    platform="kind",
    context="kind-squall",
    weaknesses=[],
    anchor=Heartbeat(START, START, 1_795_000_000.0),
    seed=7,
    objective=Objective(success=99.0, percentile=95.0, latency=200.0),
    rate=50.0,
    probe_rate=10.0,
    steady_window=20.0,
    observation=30.0,
    hold=3.0,
    patience=30.0,
    fault="1 of api crash (SIGKILL to the main process)",
    fault_fields={"fault": "Crash", "service": "api", "lasts": 0.0},
    targets=[TargetPlan("api", "api-1", "uid-1", "squall-worker2")],
    instances={"api": 3},
    claims=[
        ClaimPlan(FAILS, "FailingTime", {"limit": 5.0}),
        ClaimPlan(HEALS, "HealsWithin", {"service": "api", "limit": 30.0}, "And"),
    ],
    undo=["remove the agent pod"],
    command="squall run features/rerank/crash.feature -k 'A crashed pod' --seed 7",
    versions={"kubernetes": "1.36.1", "squall": "0.1.0"},
    tuning={"node-monitor-grace-period": "16s"},
)


def samples(rate: float, lane: str, bad: Interval | None, end: float = END, start: float = START) -> Iterator[Sample]:
    """Yield a steady stream in which every third request fails while it is ``bad``."""
    for index in range(round((end - start) * rate)):
        intended = start + index / rate
        failing = bad is not None and bad.low <= intended < bad.high
        latency = 0.02 + 0.03 * ((index * 7919) % 101) / 101
        if failing and index % 3 == 0:
            yield Sample(intended, intended + 0.001, intended + 0.002, 503, False, "rank", lane, "", "refused")
        else:
            slow = 6 if failing else 1
            yield Sample(intended, intended + 0.001, intended + latency * slow, 200, True, "rank", lane, "api-2")


def beating(record: Record, stolen: Callable[[float], float]) -> Record:
    """Return the record with beats of a machine of two processors, of which ``stolen(t)`` s are taken each second."""
    beats, total = [], 0.0
    for index in range(round(END - START)):
        t, total = START + index, total + stolen(START + index)
        beats.append(Beat(t, "squall", boottime=t, realtime=t, stolen=total, counted=2.0 * index))
    return dataclasses.replace(record, timeline=sorted([*record.timeline, *beats], key=lambda event: event.t))


def timeline(proven: bool = True) -> list[Event]:
    """Return what a crash run of ``api`` writes."""
    names = [("prepare", 990.0), ("steady", START), ("harm", HARM - 0.01), ("observe", HARM + 0.02)]
    names += [("undo", UNDO), ("hold", HOLD), ("done", END)]
    pods = tuple(InstanceListed(f"api-{n}", f"uid-{n}", ready=True) for n in (1, 2, 3))
    changes: list[tuple[float, str, str, State]] = [
        (0.3, "api-1", "uid-1", "unready"),
        (9.0, "api-1", "uid-1b", "ready"),
    ]
    return [
        *(PhaseBegan(t, "squall", name=name) for name, t in names),
        InstancesListed(START, "api", instances=pods),
        LoadStarted(START, "load", start=START, rate=50.0),
        LoadStopped(END, "load", end=END, cpu=4.0),
        ProberStarted(START, "prober", start=START, rate=10.0),
        HarmSent(HARM - 0.001, "Crash", targets=("api-1",)),
        HarmEffect(HARM + 0.0004, "api-1", proven, "process 4711 is gone (pidfd)", HARM - 0.001, HARM + 0.0004),
        *(InstanceChanged(HARM + after, "api", name=name, incarnation=uid, state=state)
          for after, name, uid, state in changes),
        Noted(HARM + 0.6, "kubelet", text="Back-off restarting failed container"),
        Noted(HARM + 4.0, "kubelet", text="Pulled image squall/specimen:1"),
        UndoReplayed(UNDO + 0.1, "agent", state="undone", about="the agent pod", proof="gone"),
    ]  # fmt: skip


def record(bad: Interval | None, plan: Plan = PLAN, proven: bool = True) -> Record:
    return Record(
        plan, timeline(proven), Samples.of(samples(50, "load", bad)),
        Samples.of([*samples(5, "new", bad), *samples(5, "reused", bad)]),
    )  # fmt: skip


def _within(claim: str, verdict: Verdict, what: str, figure: Interval, limit: float) -> Finding:
    measured = Measured(what, figure, limit, "s", 2300, Side.AT_MOST)
    return Finding(claim, verdict, f"{what}: held against the limit of {limit:g} s", None, measured)


def held() -> tuple[Record, Judgement]:
    findings = [
        _within(FAILS, Verdict.HELD, "failing (9 requests and probes failed)", Interval(0.42, 0.61), 5.0),
        _within(HEALS, Verdict.HELD, "healed (instances last)", Interval(8.999, 9.001), 30.0),
    ]  # fmt: skip
    return record(Interval(HARM, HARM + 0.5)), Judgement(findings, [_steady()])


def broken() -> tuple[Record, Judgement]:
    findings = [
        _within(FAILS, Verdict.BROKEN, "failing (155 requests failed)", Interval(7.72, 8.08), 5.0),
        _within(HEALS, Verdict.HELD, "healed (users last)", Interval(8.9, 9.2), 30.0),
    ]  # fmt: skip
    return record(Interval(HARM + 0.1, HARM + 8.0)), Judgement(findings, [_steady()])


def no_effect() -> tuple[Record, Judgement]:
    reason = "api-1: process 4711 still runs"
    findings = [Finding(text, Verdict.INCONCLUSIVE, reason, Cause.NO_EFFECT) for text in (FAILS, HEALS)]
    return record(None, proven=False), Judgement(findings, [])


def null() -> tuple[Record, Judgement]:
    """Return a run in which nothing is harmed; its proof is by definition."""
    plan = dataclasses.replace(
        PLAN,
        scenario="Nothing happens",
        fault="nothing, for 30s",
        targets=[],
        fault_fields={"fault": "Nothing", "lasts": 30.0},
    )
    run = record(None, plan)
    events = [event for event in run.timeline if event.kind not in {"instance", "note", "harm.sent"}]
    findings = [_within(FAILS, Verdict.HELD, "failing (0 requests and probes failed)", Interval.exact(0.0), 5.0)]
    return dataclasses.replace(run, timeline=events), Judgement(findings, [_steady()])


def empty() -> tuple[Record, Judgement]:
    """Return a run that died before anything was seen."""
    findings = [Finding(FAILS, Verdict.INCONCLUSIVE, "the record ends before any harm was proven", Cause.HARNESS_ERROR)]
    return Record(PLAN, [], Samples.of([]), Samples.of([])), Judgement(findings, [])


def stopped_early() -> tuple[Record, Judgement]:
    """Return a broken run whose harness was killed three seconds after the harm, with arrivals that have no end."""
    run, judgement = broken()
    until = HARM + 3
    requests = [sample for sample in run.requests if sample.intended < until]
    requests += [Sample(until, math.nan, math.nan, 0, False, "rank", "load", "", DROPPED),
                 Sample(until, until, math.nan, 0, False, "rank", "load", "", UNFINISHED)]  # fmt: skip
    events = [event for event in run.timeline if event.t < until]
    first = judgement.findings[0]
    measured = dataclasses.replace(first.measured, figure=Interval(2.9, math.inf))
    endless = dataclasses.replace(first, measured=measured, verdict=Verdict.INCONCLUSIVE,
                                  cause=Cause.ABORTED, reason="interrupted")  # fmt: skip
    seen = Record(run.plan, events, Samples.of(requests), Samples.of([]))
    return seen, Judgement([endless], [], ["the agent pod still runs on worker2"])


ALL = {"held": held, "broken": broken, "no_effect": no_effect, "null": null, "empty": empty, "stopped": stopped_early}


def _steady() -> Finding:
    return Finding(STEADY, Verdict.HELD, "the objective was kept again from 0.0s after the clean-up on")


def lasting_plan(seconds: float) -> Plan:
    return dataclasses.replace(PLAN, fault="1 of api freeze", fault_fields={"fault": "Freeze", "lasts": seconds})
