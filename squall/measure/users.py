"""Shares and latencies of requests, each with its error. Pure: nothing here waits, reads files or decides.

Two words used throughout. *Failed*: answered with an error, refused, reset or given up on. *Unknown*: an arrival that
was due and whose end was not seen (dropped by the generator, cut off at the end); it may have gone either way, so
it widens intervals and never narrows them.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from squall.interval import Interval
from squall.measure.load import due
from squall.record.folder import Record
from squall.record.samples import Sample


def within(samples: Sequence[Sample], start: float, end: float) -> list[Sample]:
    """Return the samples intended in ``[start, end)``, and those that were in flight at ``start``.

    A request that was under way when the harm struck is the first to feel it. ``samples`` are in order.
    """
    first = bisect_left(samples, start, key=attrgetter("intended"))
    last = bisect_left(samples, end, key=attrgetter("intended"))
    in_flight = [s for s in samples[max(0, first - 1000) : first] if s.done > start]
    return [*in_flight, *samples[first:last]]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of requests in %, as the range over what the unknown ones may have been."""

    share: Interval
    count: int
    failed: int
    unknown: int


def success(record: Record, start: float, end: float) -> Share:
    """Return the share of the load's requests that succeeded in ``[start, end)``.

    The load is all traffic there is, so nothing is estimated: only unknown arrivals make it a range.
    """
    seen = within(record.requests, start, end)
    known = [sample for sample in seen if sample.known]
    good = sum(sample.ok for sample in known)
    in_flight = sum(sample.intended < start for sample in seen)
    expected = due(record, start, end)
    count = max(len(seen), (expected or 0) + in_flight)
    unknown = count - len(known)
    if not count:
        return Share(Interval(0, 100), 0, 0, 0)
    return Share(Interval(100 * good / count, 100 * (good + unknown) / count), count, len(known) - good, unknown)


def latencies(samples: Sequence[Sample]) -> tuple[list[float], list[float]]:
    """Return latencies in ms twice: at the least and at the most they can have been.

    At the most is from the intended moment, at the least from the moment it left, so that a late generator is not
    taken for a slow system. Failed requests count as infinite: a fast refusal is no good answer. Unknown ones count
    as infinite at the most, and as nothing at the least.
    """
    least, most = [], []
    for sample in samples:
        failed = sample.known and not sample.ok
        most.append(math.inf if failed or not sample.known else sample.latency * 1000)
        least.append(math.inf if failed else (sample.done - sample.sent) * 1000 if sample.known else 0.0)
    return least, most
