"""Exact percentiles, their confidence intervals, and how many samples one needs. Pure, and of numbers alone."""

import math
from collections.abc import Sequence

from squall.interval import Interval

# Two-sided 99 % of the normal distribution: what "certain" means for a percentile of a sample.
Z99 = 2.576
# Samples that must lie beyond a percentile before anything is said about it (p99 of 300 rests on three).
BEYOND = 10


def enough(percentile: float) -> int:
    """Return how many samples a percentile needs: at least ``BEYOND`` of them lie beyond it."""
    return math.ceil(round(100 * BEYOND / (100 - percentile), 6))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the exact percentile (nearest rank) of values in any order; NaN if there are none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(round(percent * len(ordered) / 100, 6)) - 1)]


def percentile_bounds(values: Sequence[float], percent: float) -> Interval:
    """Return the 99 % confidence interval of a percentile from order statistics.

    The number of samples below the true percentile is binomial; its normal approximation gives the ranks
    ``np -+ 2.576 sqrt(np(1-p))`` (David and Nagaraja, Order Statistics, section 7.1). Distribution-free.
    """
    ordered, share = sorted(values), percent / 100
    spread = Z99 * math.sqrt(len(ordered) * share * (1 - share))
    low = max(0, math.floor(len(ordered) * share - spread) - 1)
    high = min(len(ordered) - 1, math.ceil(len(ordered) * share + spread) - 1)
    return Interval(ordered[low], ordered[high])
