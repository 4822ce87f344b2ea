"""``the 95th percentile of latency of "search" over 30s stays below 100ms``."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from squall.claims.claim import at_most, decided, too_few
from squall.interval import Interval
from squall.measure.arrivals import due
from squall.measure.harm import last_onset
from squall.measure.latency import latencies
from squall.measure.load import arrived, foreseen
from squall.measure.percentiles import enough, percentile_bounds
from squall.measure.witness import within
from squall.record.folder import Record
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class LatencyBelow:
    """A percentile of latency over the ``over`` seconds after the onset stays below ``limit`` ms.

    Of all requests of the load, or of those called ``request``. If the harm is composed of several: from the first
    onset until ``over`` seconds after the last.
    """

    percentile: float
    over: float
    limit: float
    request: str = ""
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach to the end of the window."""
        return self.over

    def samples(self, rate: float) -> tuple[int, int]:
        """Return the requests of the window, at the most if only one kind of request is meant; and what is needed."""
        return round(rate * self.over), enough(self.percentile)

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is decided, whatever the arrivals that are still due may feel."""
        return foreseen(record, began.low, known) and decided(self.judge(record, began))

    def judge(self, record: Record, began: Interval) -> Finding:
        """Compute the exact percentile, and its 99 % bounds from order statistics."""
        end = (last_onset(record) or began).low + self.over
        window = within(record.requests, began.low, end)
        chosen = window.chosen(window.name.equal(self.request)) if self.request else window
        needed = enough(self.percentile)
        what = f"p{self.percentile:g} of {self.request or 'all requests'}"
        if len(chosen) < needed:
            return too_few(len(chosen), needed, what)
        least, most = latencies(chosen)
        # Arrivals that left no trace may have been of this name, and anything from swift to endless.
        meant = arrived(window.chosen(window.intended >= began.low))
        untraced = max(0, (due(record, began.low, end) or 0) - meant)
        least, most = np.append(least, np.zeros(untraced)), np.append(most, np.full(untraced, math.inf))
        low, high = percentile_bounds(least, self.percentile), percentile_bounds(most, self.percentile)
        return at_most(Interval(max(0.0, low.low), high.high), self.limit, "ms", len(chosen), what)
