"""What a circuit breaker did, from the calls that reached its dependency second by second. Pure, as ``measure`` is.

A second of an agent's clock lies somewhere in two of the harness's, so each moment is a range at least a second wide.
"""

import math
from collections.abc import Sequence

import numpy as np

from squall.interval import Interval
from squall.measure.harm import HarmTime
from squall.record.calls import SecondOfCalls
from squall.record.columns import Floats

# So few of the usual calls are a pause, and so many are calls that flow again.
PAUSED, FLOWING = 0.1, 0.5
# A window of so many usual calls: that half of them come by chance happens once in two million windows (Poisson).
PER_WINDOW = 100.0
# Fewer calls a second: a tenth of them in one second may be chance (Poisson, once in two million seconds at 20).
FEWEST_A_SECOND = 20.0
# What floats add to a second that begins when another ends.
_ROUNDING = 1e-6
# How far from a bin's edges what is counted in it may really have been.
_OFF = 0.5


def met(seconds: Sequence[SecondOfCalls], active: HarmTime) -> bool:
    """Say whether any call surely came across the harm: where none does, nobody can tell why calls stopped."""
    return any(
        each.calls > 0 and (each.at >= active.since.high or each.failed + each.given_up + _unended(each) > 0)
        for each in seconds
        if active.since.low < each.at + 1 and each.at < active.end
    )


def busy_until(seconds: Sequence[SecondOfCalls], active: HarmTime, every: float, most: int) -> Interval:
    """Return until when more than ``most`` calls came in some stretch of ``every`` seconds.

    It is the onset if they never did. It has no upper end if no such stretch without them was seen before the end.
    """
    start, end = active.since.low, active.end
    some = [each for each in seconds if each.at + 1 > start and each.at + 1 <= end]
    if not some:
        return _ended(Interval.exact(start), end, every)
    at = np.array([each.at for each in some])
    total = np.r_[0, np.cumsum([each.calls for each in some])]
    first = np.arange(len(at))
    inside = np.searchsorted(at, at + every - 1 + _ROUNDING, side="right")
    touched = np.searchsorted(at, at + every + 1 - _ROUNDING, side="left")
    surely = at[(total[np.maximum(inside, first)] - total[first] > most) & (at >= start)]
    perhaps = at[total[touched] - total[first] > most]
    low = float(surely.max()) if len(surely) else start
    return _ended(Interval(low, max(low, float(perhaps.max()) + 1 if len(perhaps) else start)), end, every)


def failed_before_pause(seconds: Sequence[SecondOfCalls], active: HarmTime, usual: float) -> tuple[Interval, bool]:
    """Return how many calls failed from the onset until calls first paused, and whether they did while it was active.

    Failed: answered with an error, cut off, refused, or given up by who asked.
    """
    start, end = active.since, active.end
    counts = binned(seconds, start.high, end, [each.calls for each in seconds])
    paused = np.flatnonzero(counts <= PAUSED * usual)
    until = end if not len(paused) else start.high + float(paused[0])
    bad = [each.failed + each.given_up + _unended(each) for each in seconds]
    sure = sum(each.failed + each.given_up for each in seconds if each.at >= start.high and each.at + 1 <= until)
    touched = sum(n for each, n in zip(seconds, bad, strict=True) if each.at + 1 > start.low and each.at < until + _OFF)
    return Interval(sure, max(sure, touched)), len(paused) > 0


def flowing_since(seconds: Sequence[SecondOfCalls], start: float, end: float, usual: float) -> Interval:
    """Return since when as many calls come as half of the usual, for good; no upper end: they do not."""
    width = max(1, math.ceil(PER_WINDOW / usual))
    counts = binned(seconds, start, end, [each.calls for each in seconds])
    if len(counts) < width:
        return Interval(start, math.inf)
    sums = np.convolve(counts, np.ones(width), "valid")
    slow = np.flatnonzero(sums < FLOWING * usual * width)
    if len(slow) and slow[-1] == len(sums) - 1:
        return Interval(start + float(slow[-1]), math.inf)
    first = float(slow[-1] + 1) if len(slow) else 0.0
    low = start + max(0.0, first - _OFF) if len(slow) else start
    return Interval(low, start + first + width + _OFF)


def binned(seconds: Sequence[SecondOfCalls], start: float, end: float, values: Sequence[int]) -> Floats:
    """Return the values of seconds added up by whole seconds from ``start`` on, as far as these lie before ``end``."""
    bins = np.zeros(max(0, math.floor(end - start)))
    for each, value in zip(seconds, values, strict=True):
        place = math.floor(each.at + _OFF - start)
        if 0 <= place < len(bins):
            bins[place] += value
    return bins


def _unended(second: SecondOfCalls) -> int:
    """Return how many calls of a second have no end in it: a harm may have kept their answers back."""
    return max(0, second.calls - second.answered - second.failed - second.given_up)


def _ended(until: Interval, end: float, every: float) -> Interval:
    return until if until.high + every <= end else Interval(until.low, math.inf)
