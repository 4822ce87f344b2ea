"""``from 5s on until its end the 99th percentile of latency stays below 100ms``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, too_few
from squall.interval import Interval
from squall.measure.harm import harm_time
from squall.measure.latency import waits
from squall.measure.percentiles import enough, percentile_bounds
from squall.record.folder import Record
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class LatencyMeanwhile:
    """While a harm is active, from ``after`` seconds on, a percentile of how long users wait stays below ``limit`` ms.

    It says that a service fails fast: how long an answer took counts, good or bad.
    """

    percentile: float
    after: float
    limit: float
    of_users: ClassVar[bool] = True

    @property
    def active_for(self) -> float:
        """Return how long the harm must be active."""
        return self.after

    @property
    def fewest(self) -> int:
        """Return what the percentile needs."""
        return enough(self.percentile)

    def observation(self, hold: float) -> float:
        """Add nothing: it is about the harm's time."""
        return self.after

    def judge(self, record: Record, began: Interval) -> Finding:
        """Compute the exact percentile, and its 99 % bounds from order statistics; bad answers count by their time."""
        active = harm_time(record, began)
        seen = record.requests.between(active.since.high + self.after, active.end)
        needed, what = enough(self.percentile), f"p{self.percentile:g} of how long users waited"
        if len(seen) < needed:
            return too_few(len(seen), needed, what)
        least, most = waits(seen)
        low, high = percentile_bounds(least, self.percentile), percentile_bounds(most, self.percentile)
        return at_most(Interval(max(0.0, low.low), high.high), self.limit, "ms", len(seen), what)
