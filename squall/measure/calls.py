"""The calls that reached a service over time, from the timeline. Pure, as ``measure`` is.

Calls are counted by whole seconds of the agent's clock: a stretch of time has some of them whole, and one at its
beginning of which only a part lies in it. So figures are ranges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.interval import Interval
from squall.record.calls import SecondOfCalls
from squall.record.event import CallsCounted, SteadyFound
from squall.record.folder import Record

# A reading comes once a second, and its last one before the end of what is asked about.
LATEST = 3.0


@dataclass(frozen=True, slots=True)
class CallsSeen:
    """Calls to all instances of a service from ``start`` to ``end``, the last moment at which all had been read."""

    start: float
    end: float
    calls: Interval
    failed: Interval


@dataclass(frozen=True, slots=True)
class CallLog:
    """Each second of calls to all instances of a service, in order; complete from a moment on up to ``end``."""

    end: float
    seconds: Sequence[SecondOfCalls]


def call_log(record: Record, service: str, start: float, end: float) -> CallLog | str:
    """Return the seconds of calls up to ``end``, complete from ``start`` on, or say why they are not known."""
    readings = _readings(record, service)
    if not readings:
        return f"calls to {service} were not counted"
    known = min(_known(events, start) for events in readings.values())
    if known < end - LATEST:
        return f"calls to {service} were not read from {known - start:.1f} s after the harm began"
    seconds = [second for events in readings.values() for event in events for second in event.seconds]
    return CallLog(min(known, end), sorted(seconds, key=lambda second: second.at))


def calls_seen(record: Record, service: str, start: float, end: float) -> CallsSeen | str:
    """Return what passed in ``[start, end)``, or say why that is not known."""
    log = call_log(record, service, start, end)
    if isinstance(log, str):
        return log
    calls, failed = [(each.at, each.calls) for each in log.seconds], [(each.at, each.failed) for each in log.seconds]
    return CallsSeen(start, log.end, _between(calls, start, log.end), _between(failed, start, log.end))


def usual_rate(record: Record, service: str) -> float:
    """Return how many calls a second reached a service while the system was found steady; 0: that was not seen."""
    steady = next(record.events(SteadyFound), None)
    readings = _readings(record, service)
    if steady is None or not readings:
        return 0.0
    start = max(steady.start, *(events[0].since for events in readings.values()))
    counts = [(s.at, s.calls) for events in readings.values() for event in events for s in event.seconds]
    return _between(counts, start, steady.end).middle / (steady.end - start) if steady.end > start else 0.0


def _readings(record: Record, service: str) -> Mapping[str, Sequence[CallsCounted]]:
    """Return the readings of a service's calls, by instance."""
    readings: dict[str, list[CallsCounted]] = {}
    for event in record.events(CallsCounted, who=service):
        readings.setdefault(event.instance, []).append(event)
    return readings


def _known(events: Sequence[CallsCounted], start: float) -> float:
    """Return up to when an instance's readings follow one another without a hole, from a moment on."""
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
