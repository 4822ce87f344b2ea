"""Whether the load was made as it was meant: what was due, what is missing, what was sent late. Pure."""

import math

import numpy as np

from squall.measure.arrivals import due
from squall.measure.percentiles import percentile
from squall.record.arrivals import FOLLOWING
from squall.record.columns import Samples
from squall.record.folder import Record

# A generator that lost more than this share, or sent later than this (s, p99), did not make the load that is stated.
MOST_MISSING = 0.01
LATEST = 0.1


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
    return int(np.searchsorted(record.requests.intended, known)) <= meant + 1


def fell_short(seen: Samples, meant: int) -> str | None:
    """Say in which way a load of ``meant`` arrivals fell short, or None: too many were lost, or it sent late."""
    lost = meant - arrived(seen) + int(seen.dropped.sum())
    if lost > MOST_MISSING * meant:
        return f"{lost} of {meant} arrivals never left the load generator"
    late = lateness(seen)
    return f"the load generator sent late (p99 {late * 1000:.0f}ms)" if late > LATEST else None


def arrived(samples: Samples) -> int:
    """Return how many users came: each has a first request; those that she makes after it are no arrivals."""
    return len(samples) - int(samples.lane.equal(FOLLOWING).sum())


def lateness(samples: Samples, percent: float = 99.0) -> float:
    """Return a percentile of how late (s) a generator sent what it sent; 0 if it sent nothing."""
    late = samples.sent - samples.intended
    sent = late[~np.isnan(late)]
    return percentile(sent, percent) if len(sent) else 0.0
