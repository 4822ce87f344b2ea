"""What the gauges of a service showed over time, from the timeline. Pure, as ``measure`` is.

A reading is of some moment between its being asked for and its arrival, and between two readings nothing is known:
both make figures from gauges ranges.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from squall.interval import Interval
from squall.record.event import GaugeRead
from squall.record.folder import Record


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


def first(series: Sequence[Reading], true: Callable[[float], bool], after: float) -> Interval | None:
    """Return when a gauge first was as asked, after a moment; None if no reading shows it.

    It came to be so after the last reading that does not show it was asked for, and before the first that does arrived.
    """
    since = after
    for reading in series:
        if reading.when.high < after:
            continue
        if true(reading.value):
            return Interval(min(since, reading.when.high), reading.when.high)
        since = max(after, reading.when.low)
    return None


def longest_gap(series: Sequence[Reading], start: float, end: float) -> float:
    """Return the longest time (s) in ``[start, end]`` from which there is no reading; all of it without any."""
    moments = [start, *(r.when.high for r in series if start <= r.when.high <= end), end]
    return max(later - earlier for earlier, later in pairwise(moments))


def growth(series: Sequence[Reading], start: float, end: float) -> Interval:
    """Return by how much a counter of one instance grew in ``[start, end]``, at the least and at the most.

    At the least from the first reading inside to the last, at the most from the last before to the first after. A
    counter that falls began anew at 0 and lost an unknown amount, as one did that is not read on both sides: then
    the high end is infinite.
    """
    inside = [r for r in series if r.when.low >= start and r.when.high <= end]
    begins = max((i for i, r in enumerate(series) if r.when.high <= start), default=None)
    ends = min((i for i, r in enumerate(series) if r.when.low >= end), default=None)
    if begins is None or ends is None:
        return Interval(_grown(inside), math.inf)
    whole = series[begins : ends + 1]
    fell = any(later.value < earlier.value for earlier, later in pairwise(whole))
    return Interval(_grown(inside), math.inf if fell else _grown(whole))


def _grown(series: Sequence[Reading]) -> float:
    return math.fsum(b.value - a.value if b.value >= a.value else b.value for a, b in pairwise(series))
