"""Whether the load was made as it was meant: what was due, what is missing, what was sent late. Pure."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

from squall.measure.percentiles import percentile
from squall.record.event import LoadStarted, RateChanged
from squall.record.folder import Record
from squall.record.samples import DROPPED, Sample

# A generator that lost more than this share, or sent later than this (s, p99), did not make the load that is stated.
MOST_MISSING = 0.01
LATEST = 0.1


def due(record: Record, start: float, end: float) -> int | None:
    """Return how many arrivals the load's schedule has in ``[start, end)``; None if it never said so.

    A change of rate (``load.rate``) counts from its own ``start`` on.
    """
    stated = record.events(LoadStarted, RateChanged)
    segments = [(e.start, e.rate) for e in stated if isinstance(e, LoadStarted | RateChanged)]
    if not segments:
        return None
    total = 0
    ends = [*(begin for begin, _ in segments[1:]), math.inf]
    for (begin, rate), stop in zip(segments, ends, strict=True):
        low, high = max(start, begin), min(end, stop)
        if high > low:
            total += math.ceil((high - begin) * rate) - math.ceil((low - begin) * rate)
    return total


def complete(samples: Sequence[Sample], start: float, rate: float) -> float:
    """Return the moment before which no sample of a schedule is missing: that of the first arrival without one.

    Minus infinity if there are others between: then an arrival may make several, and nobody knows how many are missing.
    """
    for index, sample in enumerate(samples):
        moment = start + index / rate
        if sample.intended > moment + 0.5 / rate:
            return moment
        if sample.intended < moment - 0.5 / rate:
            return -math.inf
    return start + len(samples) / rate


def foreseen(record: Record, start: float, known: float) -> bool:
    """Say whether it is known how many requests a window from ``start`` on is going to have in all.

    It is once none that was under way at its start is missing (no request from before ``known`` is), and if the
    schedule says how many are to come: so far each arrival made one, no more. Where users make several, nothing that
    is counted in shares is certain before all are there.
    """
    meant = due(record, -math.inf, known)
    if meant is None or known < start:
        return False
    # The last arrival may be counted on either side of the moment: both sides round.
    return bisect_left(record.requests, known, key=attrgetter("intended")) <= meant + 1


def fell_short(seen: Sequence[Sample], meant: int) -> str | None:
    """Say in which way a load of ``meant`` arrivals fell short, or None: too many were lost, or it sent late."""
    lost = meant - len(seen) + sum(sample.error == DROPPED for sample in seen)
    if lost > MOST_MISSING * meant:
        return f"{lost} of {meant} arrivals never left the load generator"
    late = lateness(seen)
    return f"the load generator sent late (p99 {late * 1000:.0f}ms)" if late > LATEST else None


def lateness(samples: Sequence[Sample], percent: float = 99.0) -> float:
    """Return a percentile of how late (s) a generator sent what it sent; 0 if it sent nothing."""
    sent = [sample.lateness for sample in samples if not math.isnan(sample.sent)]
    return percentile(sent, percent) if sent else 0.0
