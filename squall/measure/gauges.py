"""What the gauges of a service showed over time, from the timeline. Pure, as ``measure`` is.

A reading is of some moment between its being asked for and its arrival, and between two readings nothing is known:
both make figures from gauges ranges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
