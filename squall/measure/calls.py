"""What was seen at the doors of a service over time, from the timeline. Pure, as ``measure`` is.

Doors are counted by whole seconds of the agent's clock: a stretch of time has some of them whole, and one at its
beginning of which only a part lies in it. So figures are ranges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.interval import Interval
from squall.measure.users import number
from squall.record.event import Event
from squall.record.folder import Record

# A reading comes once a second, and its last one before the end of what is asked about.
LATEST = 3.0


@dataclass(frozen=True, slots=True)
class Passed:
    """Calls through all doors of a service from ``start`` to ``end``, which is the last moment that all had told of."""

    start: float
    end: float
    calls: Interval
    failed: Interval


def passed(record: Record, service: str, start: float, end: float) -> Passed | str:
    """Return what passed in ``[start, end)``, or say why that is not known."""
    doors: dict[str, list[Event]] = {}
    for event in record.events("door", who=service):
        doors.setdefault(str(event.what["instance"]), []).append(event)
    if not doors:
        return f"the door of {service} was not watched"
    known = min(_known(events, start) for events in doors.values())
    if known < end - LATEST:
        return f"the door of {service} was not read from {known - start:.1f} s after the harm began"
    until = min(known, end)
    seconds = [second for events in doors.values() for event in events for second in _seconds(event)]
    return Passed(start, until, _between(seconds, "calls", start, until), _between(seconds, "failed", start, until))


def _known(events: Sequence[Event], start: float) -> float:
    """Return up to when a door's readings follow one another without a hole, from a moment on."""
    known = start
    for event in events:
        since, until = number(event.what["since"]), number(event.what["until"])
        if until > known and since <= known:
            known = until
    return known


def _seconds(event: Event) -> list[Mapping[str, object]]:
    listed = event.what["seconds"]
    return [dict(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _between(seconds: Sequence[Mapping[str, object]], what: str, start: float, end: float) -> Interval:
    whole = sum(number(s[what]) for s in seconds if number(s["at"]) >= start and number(s["at"]) + 1 <= end)
    touched = sum(number(s[what]) for s in seconds if number(s["at"]) < end and number(s["at"]) + 1 > start)
    return Interval(whole, touched)
