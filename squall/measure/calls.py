"""What was seen at the doors of a service over time, from the timeline. Pure, as ``measure`` is.

Doors are counted by whole seconds of the agent's clock: a stretch of time has some of them whole, and one at its
beginning of which only a part lies in it. So figures are ranges.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.interval import Interval
from squall.record.event import CallsCounted
from squall.record.folder import Record

# A reading comes once a second, and its last one before the end of what is asked about.
LATEST = 3.0


@dataclass(frozen=True, slots=True)
class CallsSeen:
    """Calls through all doors of a service from ``start`` to ``end``, which is the last moment that all had told of."""

    start: float
    end: float
    calls: Interval
    failed: Interval


def calls_seen(record: Record, service: str, start: float, end: float) -> CallsSeen | str:
    """Return what passed in ``[start, end)``, or say why that is not known."""
    doors: dict[str, list[CallsCounted]] = {}
    for event in record.events(CallsCounted, who=service):
        doors.setdefault(event.instance, []).append(event)
    if not doors:
        return f"the door of {service} was not watched"
    known = min(_known(events, start) for events in doors.values())
    if known < end - LATEST:
        return f"the door of {service} was not read from {known - start:.1f} s after the harm began"
    until = min(known, end)
    seconds = [second for events in doors.values() for event in events for second in event.seconds]
    calls, failed = [(each.at, each.calls) for each in seconds], [(each.at, each.failed) for each in seconds]
    return CallsSeen(start, until, _between(calls, start, until), _between(failed, start, until))


def _known(events: Sequence[CallsCounted], start: float) -> float:
    """Return up to when a door's readings follow one another without a hole, from a moment on."""
    known = start
    for event in events:
        if event.until > known and event.since <= known:
            known = event.until
    return known


def _between(counts: Sequence[tuple[float, int]], start: float, end: float) -> Interval:
    """Add up counts of seconds (their beginning, their count): of those wholly inside, and of all that are touched."""
    whole = sum(count for at, count in counts if at >= start and at + 1 <= end)
    touched = sum(count for at, count in counts if at < end and at + 1 > start)
    return Interval(whole, touched)
