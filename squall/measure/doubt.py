"""When the machine that a run was made on may have been at fault, and what the run had looked like without that. Pure.

What the host takes away makes the bad doubtful and never the good: a system that did well did so in spite of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from squall.interval import Interval
from squall.measure.harm import onset
from squall.record.columns import Floats, Samples, Words
from squall.record.event import Beat, EndpointChanged, Event, InstanceChanged, RevisionSeen
from squall.record.folder import Record

# In % of a second. On a machine of 2 processors a promise held with 0 to 1, and was broken with 20 to 50 (Q9).
MUCH_STOLEN = 10.0
# Neighbours on the machine that use so much of its processors (%), while somebody waits for one in as much of the time.
MUCH_USED, MUCH_WAITED = 20.0, 10.0
# A generator that sends this much later than it meant to (s), or a heartbeat that comes as late, was kept from running.
LATE_SAMPLE, LATE_BEAT = 0.1, 1.5


def percent_stolen(before: Beat, after: Beat) -> float:
    """Return which share of the processors' time the machine's host gave to others between two heartbeats, in %."""
    taken = (after.stolen or 0.0) - (before.stolen or 0.0)
    counted = (after.counted or 0.0) - (before.counted or 0.0)
    return 100 * taken / counted if counted > 0 else 0.0


def percent_used(before: Beat, after: Beat) -> float:
    """Return which share of the processors' time neighbours used between two heartbeats, in %."""
    counted = (after.counted or 0.0) - (before.counted or 0.0)
    if before.others is None or after.others is None or counted <= 0:
        return 0.0
    return 100 * (after.others - before.others) / counted


def percent_waited(before: Beat, after: Beat) -> float:
    """Return in which share of the time between two heartbeats somebody waited for a processor, in %."""
    if before.waited is None or after.waited is None or after.t <= before.t:
        return 0.0
    return 100 * (after.waited - before.waited) / (after.t - before.t)


def doubtful(record: Record) -> list[Interval]:
    """Return the stretches in which host or neighbours took much of the processor, or in which squall was starved."""
    late = _both(_merged(_late(record.requests)), _merged(_late(record.probes)))
    return _merged([*_between_beats(record), *late])


def forgiven(record: Record, stretches: Sequence[Interval]) -> Record:
    """Return the record with the benefit of the doubt: nothing failed or was slow in those stretches.

    What the platform showed after the harm comes as much earlier as they lasted until then.
    """
    began = onset(record)
    since = began.low if began else 0.0
    return replace(
        record,
        timeline=[_hastened(event, since, stretches) for event in record.timeline],
        requests=_excused(record.requests, stretches),
        probes=_excused(record.probes, stretches),
    )


def _between_beats(record: Record) -> Iterator[Interval]:
    for before, after in pairwise(record.events(Beat, who="squall")):
        crowded = percent_used(before, after) >= MUCH_USED and percent_waited(before, after) >= MUCH_WAITED
        if after.t - before.t > LATE_BEAT or percent_stolen(before, after) >= MUCH_STOLEN or crowded:
            yield Interval(before.t, after.t)


def _late(samples: Samples) -> list[Interval]:
    late = samples.sent - samples.intended > LATE_SAMPLE
    pairs = zip(samples.intended[late].tolist(), samples.sent[late].tolist(), strict=True)
    return [Interval(meant, sent) for meant, sent in pairs]


def _both(some: Sequence[Interval], others: Sequence[Interval]) -> Iterator[Interval]:
    """Yield where load and prober were late at once: one of them alone may be too slow by itself."""
    for one in some:
        for other in others:
            if max(one.low, other.low) < min(one.high, other.high):
                yield Interval(max(one.low, other.low), min(one.high, other.high))


def _merged(stretches: Sequence[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for each in sorted(stretches):
        if merged and each.low <= merged[-1].high:
            merged[-1] = Interval(merged[-1].low, max(merged[-1].high, each.high))
        else:
            merged.append(each)
    return merged


def _overlap(stretches: Sequence[Interval], start: Floats, end: Floats) -> Floats:
    """Return how many seconds of each ``[start, end]`` lie in the stretches."""
    lost = np.zeros(len(start))
    for each in stretches:
        lost += np.maximum(0.0, np.minimum(end, each.high) - np.maximum(start, each.low))
    return lost


def _excused(samples: Samples, stretches: Sequence[Interval]) -> Samples:
    """Return the samples with those well that were meant or ended in a stretch, and those sooner that span one."""
    lost = np.where(samples.known, _overlap(stretches, samples.intended, samples.done), 0.0)
    touched = np.zeros(len(samples), np.bool_)
    for each in stretches:
        for moment in (samples.intended, samples.done):
            touched |= (moment >= each.low) & (moment <= each.high)
    well = touched & (lost > 0)
    sooner = ~touched & samples.ok & (lost > 0)
    error = Words(np.where(well, len(samples.error.table), samples.error.index), (*samples.error.table, ""))
    return replace(
        samples,
        # A late start is the generator's, and an answer within the stretch may have come at once.
        sent=np.where(well | sooner, samples.intended, samples.sent),
        done=np.where(well, samples.intended, samples.done - np.where(sooner, lost, 0.0)),
        ok=samples.ok | well,
        status=np.where(well, 200, samples.status),
        error=error,
    )


def _hastened(event: Event, since: float, stretches: Sequence[Interval]) -> Event:
    if isinstance(event, InstanceChanged | EndpointChanged | RevisionSeen) and event.t > since:
        return replace(event, t=event.t - float(_overlap(stretches, np.array([since]), np.array([event.t]))[0]))
    return event
