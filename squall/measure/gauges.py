"""What the gauges of a service showed over time, from the timeline. Pure, as ``measure`` is.

A reading is of some moment between its being asked for and its arrival, and between two readings nothing is known:
both make figures from gauges ranges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from squall.interval import Interval
from squall.record.event import GaugeRead
from squall.record.folder import Record

# Gauges are read once a second: one that is older than this (s) says nothing of now.
STALE = 3.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gauge of an instance was, at a moment in ``when``."""

    when: Interval
    value: float


def readings(record: Record, service: str, gauge: str) -> Mapping[str, Sequence[Reading]]:
    """Return the readings of a gauge, in their order, by instance; instances that were never read are not there."""
    found: dict[str, list[Reading]] = {}
    for event in record.events(GaugeRead, who=service):
        if event.name == gauge:
            when = Interval(event.t - event.took, event.t)
            found.setdefault(event.instance, []).append(Reading(when, event.value))
    return found


def latest(of: Sequence[Reading], moment: float) -> float | None:
    """Return the last value that was read before a moment; None: there was none, or it is too old."""
    found = next((each for each in reversed(of) if each.when.high <= moment), None)
    return None if found is None or moment - found.when.high > STALE else found.value


def increase(of: Sequence[Reading], start: float, end: float) -> float | None:
    """Return by how much a counter grew between its first and last reading in ``(start, end]``; None: fewer than two.

    What is less than before began anew from 0, as Prometheus takes it.
    """
    values = [each.value for each in of if start < each.when.high <= end]
    if len(values) < 2:
        return None
    return sum(after - before if after >= before else after for before, after in pairwise(values))
