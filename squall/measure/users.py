"""Shares of the load's requests. Pure: nothing here waits, reads files or decides.

Two words used throughout. *Failed*: answered with an error, refused, reset or given up on. *Unknown*: an arrival that
was due and whose end was not seen (dropped by the generator, cut off at the end); it may have gone either way, so
it widens intervals and never narrows them.
"""

from dataclasses import dataclass

from squall.interval import Interval
from squall.measure.arrivals import due
from squall.measure.load import arrived
from squall.measure.witness import within
from squall.record.folder import Record


@dataclass(frozen=True, slots=True)
class ShareServed:
    """A share of requests in %, as the range over what the unknown ones may have been."""

    share: Interval
    count: int
    failed: int
    unknown: int


def success(record: Record, start: float, end: float) -> ShareServed:
    """Return the share of the load's requests that succeeded in ``[start, end)``.

    The load is all traffic there is, so nothing is estimated: only unknown arrivals make it a range.
    """
    seen = within(record.requests, start, end)
    known, failed = int(seen.known.sum()), int(seen.failed.sum())
    came = arrived(seen.chosen(seen.intended >= start))
    count = len(seen) + max(0, (due(record, start, end) or 0) - came)
    unknown = count - known
    if not count:
        return ShareServed(Interval(0, 100), 0, 0, 0)
    good = known - failed
    return ShareServed(Interval(100 * good / count, 100 * (good + unknown) / count), count, failed, unknown)
