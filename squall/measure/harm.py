"""When the harm began and when it was over, from the timeline. Pure: nothing here looks at a request."""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.instances import Ended
from squall.interval import Interval
from squall.record.event import HarmEffect, HarmEnded, HarmEnding, HarmSent
from squall.record.folder import Record


@dataclass(frozen=True, slots=True)
class HarmTime:
    """The time of a harm: from its onset to the moment before its end was asked for."""

    since: Interval
    end: float


def onset(record: Record) -> Interval | None:
    """Return when the harm began: from its being sent to its first proof; None if it was never proven."""
    return _first([event for event in record.events(HarmEffect) if event.proven])


def last_onset(record: Record) -> Interval | None:
    """Return when the last of the harm began: the same as ``onset``, unless it is composed of several."""
    times = {event.act: event.at for event in record.events(HarmSent)}
    proven = [event for event in record.events(HarmEffect) if event.proven]
    each = {event.act for event in proven}
    last = max((times.get(act, 0.0) for act in each), default=0.0)
    return _first([event for event in proven if times.get(event.act, 0.0) == last])


def ended(record: Record) -> Interval | None:
    """Return when all of a harm that lasts was over, as the scenario stated; None if it never was.

    It is not over before the last of it began.
    """
    endings, last = list(record.events(HarmEnded)), last_onset(record)
    if not endings or last is None or any(e.ended != Ended.AS_STATED for e in endings):
        return None
    low, high = max(e.low for e in endings), max(e.high for e in endings)
    return Interval(max(low, last.low), max(high, last.high))


def harm_time(record: Record, began: Interval) -> HarmTime:
    """Return when all of a harm that ``began`` then was active; one without an end of its own ends at the clean-up."""
    since = last_onset(record) or began
    undone = record.phase("undo") or since.high + record.plan.observation
    return HarmTime(since, min([undone, *(e.t for e in record.events(HarmEnding) if e.t > since.low)]))


def _first(effects: Sequence[HarmEffect]) -> Interval | None:
    if not effects:
        return None
    return Interval(min(e.low for e in effects), min(e.high for e in effects))
