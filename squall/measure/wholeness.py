"""Whether a record has all that its run was to leave; what is missing may have been the proof of the contrary. Pure.

It asks for the phases in their order, for the planned observation, for an effect (and an end) of each planned target,
for load and probes at the planned rates, for logs without holes in time, and for the harness's heartbeats.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from squall.clock import LONGEST_PAUSE
from squall.measure.harm import onset
from squall.record.arrivals import Stage, lane_of, segments
from squall.record.columns import Samples
from squall.record.event import (
    Beat,
    HarmEffect,
    HarmEnded,
    HarmEnding,
    HarmSent,
    LoadStarted,
    LoadStopped,
    ProberStarted,
    ProberStopped,
    RateChanged,
    Settled,
)
from squall.record.folder import Record

PHASES = ("steady", "harm", "observe", "undo", "hold", "done")
# A log is silent for this long (s), or for so many arrivals: even arrivals at random leave such a gap once in 10^8.
LONGEST_HOLE, ARRIVALS = 1.0, 20
# Of a planned duration: what waiting in steps and the bounds of the onset take.
_EARLY = 0.5
# Of a rate: it is told as a float.
_SAME = 1e-6
_PACES = {"even": "at even distances", "random": "at random", "closed": "in a closed loop"}


def incomplete(record: Record) -> str | None:
    """Say what is missing of a run that came to its end, or None: nothing is."""
    checks = (_phases, _observation, _effects, _ends, _schedules, _holes, _workers, _heartbeats)
    return next((text for check in checks for text in check(record)), None)


def _phases(record: Record) -> Iterator[str]:
    began = [(name, record.phase(name)) for name in PHASES]
    yield from (f"the record has no phase {name}" for name, t in began if t is None)
    for (before, earlier), (after, later) in pairwise(began):
        if earlier is not None and later is not None and later < earlier:
            yield f"the phase {after} began before the phase {before}"


def _observation(record: Record) -> Iterator[str]:
    began, undo = onset(record), record.phase("undo")
    if began is None or undo is None or any(record.events(Settled)):
        return
    if (seen := undo - began.low) < record.plan.observation - _EARLY:
        yield f"the observation ended after {seen:.1f} s of {record.plan.observation:g} s"


def _effects(record: Record) -> Iterator[str]:
    sent = list(record.events(HarmSent)) or [HarmSent(0.0, "", tuple(each.name for each in record.plan.targets))]
    for act in sent:
        seen = {effect.who for effect in record.events(HarmEffect) if effect.act == act.act}
        if not seen:
            yield f"no effect is recorded of {act.who or 'the harm'}"
        # An effect is of an instance, or of what holds several: a node, an object of the API.
        elif seen & set(act.targets) and (missing := [name for name in act.targets if name not in seen]):
            yield f"no effect is recorded of {', '.join(missing)}, which was to be harmed"
    harmed = {name for act in sent for name in act.targets}
    if missing := [each.name for each in record.plan.targets if each.name not in harmed]:
        yield f"{', '.join(missing)} was to be harmed, and no harm was sent there"


def _ends(record: Record) -> Iterator[str]:
    for ending in record.events(HarmEnding):
        begun = {effect.who for effect in record.events(HarmEffect) if effect.act == ending.act}
        over = {end.who for end in record.events(HarmEnded) if end.act == ending.act}
        instances = {name for act in record.events(HarmSent) if act.act == ending.act for name in act.targets}
        if not over:
            yield f"no end is recorded of {ending.who}"
        # What else proved the effect, such as the queue that grew, has no end of its own.
        elif over & instances and (missing := sorted((begun & instances) - over)):
            yield f"no end of the harm is recorded of {', '.join(missing)}"


def _schedules(record: Record) -> Iterator[str]:
    for what, planned, started in (
        ("load", record.plan.rate, next(record.events(LoadStarted), None)),
        ("probes", record.plan.probe_rate, next(record.events(ProberStarted), None)),
    ):
        if started is None:
            yield f"the record does not say when the {what} started"
        elif abs(started.rate - planned) > _SAME * planned:
            yield f"the {what} started with {started.rate:g} a second, and {planned:g} were planned"
    yield from _as_planned(record)


def _as_planned(record: Record) -> Iterator[str]:
    """Say where users arrived otherwise than was planned: at another pace, or not in the planned stages."""
    plan, started = record.plan.load, next(record.events(LoadStarted), None)
    if started is None:
        return
    if started.workers != plan.workers:
        yield f"{plan.workers} workers were to keep the load's schedule, and {started.workers} did"
    if started.pace != plan.pace or started.users != plan.users:
        yield f"users were to come {_PACES[plan.pace]}, and came {_PACES[started.pace]}"
    if not plan.stages or record.phase("harm") is None:
        return
    told = [Stage(each.over, each.rate, each.rate if each.to is None else each.to) for each in _changes(record)]
    begins = [each.start for each in _changes(record)]
    if not begins or told != list(plan.stages):
        yield f"the load was to change in {len(plan.stages)} stages, and {len(told)} such are recorded"
    elif begins != [each.start for each in segments(begins[0], plan.stages)]:
        yield "the stages of the load did not follow one another as planned"


def _changes(record: Record) -> list[RateChanged]:
    return list(record.events(RateChanged))


def _holes(record: Record) -> Iterator[str]:
    start, done = record.phase("steady"), record.phase("done")
    if start is None or done is None:
        return
    stopped, ended = next(record.events(LoadStopped), None), next(record.events(ProberStopped), None)
    logs = (
        ("load", record.requests, _lowest_rate(record), done if stopped is None else stopped.end),
        # The prober's lanes send in turn.
        ("prober", record.probes, 2 * record.plan.probe_rate, done if ended is None else ended.end),
    )
    for who, samples, rate, end in logs:
        if rate > 0 and (hole := _hole(samples, start, min(end, done), max(LONGEST_HOLE, ARRIVALS / rate))):
            low, high = (moment - start for moment in hole)
            yield f"the log of the {who} has a hole of {high - low:.1f} s, {low:.1f} s after the phase steady began"


def _workers(record: Record) -> Iterator[str]:
    """Say which of several load processes was silent: the others leave no hole in which its arrivals are missing."""
    start, done = record.phase("steady"), record.phase("done")
    started, stopped = next(record.events(LoadStarted), None), next(record.events(LoadStopped), None)
    if start is None or done is None or started is None or started.workers == 1:
        return
    end = done if stopped is None else min(stopped.end, done)
    longest = max(LONGEST_HOLE, ARRIVALS * started.workers / _lowest_rate(record))
    for worker in range(started.workers):
        own = record.requests.chosen(record.requests.lane.equal(lane_of(worker, started.workers)))
        if hole := _hole(own, start, end, longest):
            low, high = (moment - start for moment in hole)
            name = f"worker {worker + 1} of {started.workers} of the load"
            yield f"{name} sent nothing for {high - low:.1f} s, {low:.1f} s after the phase steady began"


def _lowest_rate(record: Record) -> float:
    """Return the lowest rate at which users were to ask; in a closed loop, that of one who is never answered."""
    load = record.plan.load
    if load.pace == "closed":
        return ARRIVALS / (LONGEST_HOLE + load.timeout + load.pause)
    rates = [*(e.rate for e in record.events(LoadStarted)), *(min(e.rate, e.to or e.rate) for e in _changes(record))]
    return min(rates)


def _hole(samples: Samples, start: float, end: float, longest: float) -> tuple[float, float] | None:
    moments = np.r_[start, samples.between(start, end).intended, max(start, end)]
    wide = np.flatnonzero(np.diff(moments) > longest)
    return (float(moments[wide[0]]), float(moments[wide[0] + 1])) if len(wide) else None


def _heartbeats(record: Record) -> Iterator[str]:
    start = record.phase("steady")
    last = max((float(log.intended[-1]) for log in (record.requests, record.probes) if len(log)), default=None)
    if start is None or last is None:
        return
    beats = [beat.t for beat in record.events(Beat, who="squall")]
    if any(b - a > LONGEST_PAUSE for a, b in pairwise([start, *(t for t in beats if start < t < last), last])):
        yield "heartbeats of the harness are missing"
