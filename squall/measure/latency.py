"""Percentiles of latency over windows that slide. Pure.

At the most a latency counts from the intended moment, at the least from the moment at which the request left, so that
a late generator is not taken for a slow system. Failed requests are slower than any limit: a fast refusal is no good
answer. Unknown ones may be anything.
"""

import math

import numpy as np

from squall.interval import Interval
from squall.measure.percentiles import Z99
from squall.measure.witness import Witness
from squall.record.columns import Bools, Floats, Samples


def latencies(samples: Samples) -> tuple[Floats, Floats]:
    """Return latencies in ms at the least and at the most that they can have been."""
    failed, known = samples.failed, samples.known
    least = np.where(failed, math.inf, np.where(known, (samples.done - samples.sent) * 1000, 0.0))
    most = np.where(failed | ~known, math.inf, (samples.done - samples.intended) * 1000)
    return least, most


def waits(samples: Samples) -> tuple[Floats, Floats]:
    """Return for how long users waited (ms) until their request ended, well or badly, at the least and at the most."""
    known = samples.known
    least = np.where(known, (samples.done - samples.sent) * 1000, 0.0)
    return least, np.where(known, (samples.done - samples.intended) * 1000, math.inf)


def back_below(seen: Witness, length: float, hold: float, allowed: float) -> Interval:
    """Return since when windows of ``length`` seconds have at most that share of slow requests, to the end.

    A window is surely bad if its slow requests are more than allowed by 2.576 standard deviations, and surely good if
    they are fewer by as many. Dated from the last bad window; infinite if what follows is shorter than ``hold``.
    """
    at, last = seen.at, seen.end - length
    begins = int(np.searchsorted(at, last, side="right"))
    if not begins:
        return Interval(seen.start, math.inf)
    stops = np.searchsorted(at, at[:begins] + length)
    limit = allowed * (stops - np.arange(begins))
    spread = Z99 * np.sqrt(limit * (1 - allowed))
    surely = _last_bad(seen, stops, seen.slow, limit + spread)
    perhaps = _last_bad(seen, stops, seen.perhaps_slow, limit - spread)
    low = seen.start if surely < 0 else float(at[surely])
    high = seen.start if perhaps < 0 else float(at[perhaps + 1]) if perhaps + 1 < begins else math.inf
    return Interval(low, max(low, high) if high + hold <= last + 1e-9 else math.inf)


def _last_bad(seen: Witness, stops: "np.ndarray[tuple[int], np.dtype[np.int64]]", bad: Bools, limit: Floats) -> int:
    """Return the index of the last window that has more bad ones than its limit; -1 without any."""
    sums = np.concatenate(([0], np.cumsum(bad)))
    over = np.flatnonzero(sums[stops] - sums[: len(stops)] > limit + 1e-9)
    return int(over[-1]) if len(over) else -1
