"""The schedule that a load said it would keep, as the judge reads it from the record: who was due, and when. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from squall.record.arrivals import Pace, Segment, marks
from squall.record.columns import Floats
from squall.record.event import LoadStarted, RateChanged
from squall.record.folder import Record


@dataclass(frozen=True, slots=True)
class DueSegment:
    """One segment of a schedule until the next starts (``end``); ``number`` counts them from 0."""

    segment: Segment
    end: float
    number: int


def due_segments(record: Record) -> Iterator[DueSegment]:
    """Yield the segments that the load said it keeps, in their order; none for a closed loop, or if it said nothing."""
    if pace(record)[0] == "closed":
        return
    stated = [Segment(each.start, each.rate) for each in record.events(LoadStarted)]
    stated += [Segment(each.start, each.rate, each.to, each.over) for each in record.events(RateChanged)]
    for number, segment in enumerate(stated):
        yield DueSegment(segment, stated[number + 1].start if number + 1 < len(stated) else math.inf, number)


def pace(record: Record) -> tuple[Pace, int]:
    """Return how the load said that it keeps its schedule, and by which seed."""
    started = next(record.events(LoadStarted), None)
    return ("even", 0) if started is None else (started.pace, started.seed)


def due(record: Record, start: float, end: float) -> int | None:
    """Return how many arrivals the load's schedule has in ``[start, end)``; None if it has none.

    A change of rate (``load.rate``) counts from its own ``start`` on.
    """
    known = list(due_segments(record))
    if not known:
        return None
    if pace(record)[0] == "even":
        return sum(_even(each, start, end) for each in known)
    return len(planned(record, start, end))


def planned(record: Record, start: float, end: float) -> Floats:
    """Return the moments of all arrivals that are due in ``[start, end)``, which must be finite, in their order."""
    how, seed = pace(record)
    found = [np.empty(0)]
    for each in due_segments(record):
        until = min(end, each.end)
        if max(start, each.segment.start) < until:
            moments = map(each.segment.moment, marks(how, seed, each.number))
            found.append(np.fromiter(takewhile(until.__gt__, moments), np.float64))
    every = np.concatenate(found)
    return every[every >= start]


def _even(each: DueSegment, start: float, end: float) -> int:
    segment, (low, high) = each.segment, (max(start, each.segment.start), min(end, each.end))
    return math.ceil(segment.count(high)) - math.ceil(segment.count(low)) if high > low else 0
