"""Exact percentiles, their confidence intervals, and how many samples one needs. Pure, and of numbers alone."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from squall.interval import Interval

# Two-sided 99 % of the normal distribution: what "certain" means for a percentile of a sample.
Z99 = 2.576
# An end of a range is open if all samples lie on one side of the percentile with more than this probability.
_OPEN = 0.005
# Samples that must lie beyond a percentile before anything is said about it (p99 of 300 rests on three).
BEYOND = 10

Values = Sequence[float] | npt.NDArray[np.float64]


def enough(percentile: float) -> int:
    """Return how many samples a percentile needs: at least ``BEYOND`` of them lie beyond it."""
    return math.ceil(round(100 * BEYOND / (100 - percentile), 6))


def percentile(values: Values, percent: float) -> float:
    """Return the exact percentile (nearest rank) of values in any order; NaN if there are none."""
    if not len(values):
        return math.nan
    rank = max(0, math.ceil(round(percent * len(values) / 100, 6)) - 1)
    return float(np.partition(np.asarray(values, np.float64), rank)[rank])


def percentile_bounds(values: Values, percent: float) -> Interval:
    """Return the 99 % confidence interval of a percentile from order statistics; an end may be open (infinite).

    The number of samples below the true percentile is binomial; its normal approximation gives the ranks
    ``np -+ 2.576 sqrt(np(1-p))`` (David and Nagaraja, Order Statistics, section 7.1). Distribution-free. Where all of
    the samples may well lie above the percentile (the first of 55), no rank bounds it from below.
    """
    total, share = len(values), percent / 100
    spread = Z99 * math.sqrt(total * share * (1 - share))
    low = max(0, math.floor(total * share - spread) - 1)
    high = min(total - 1, math.ceil(total * share + spread) - 1)
    ordered = np.partition(np.asarray(values, np.float64), sorted({low, high}))
    return Interval(
        -math.inf if (1 - share) ** total > _OPEN else float(ordered[low]),
        math.inf if share**total > _OPEN else float(ordered[high]),
    )
