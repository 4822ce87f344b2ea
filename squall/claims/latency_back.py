"""``the 95th percentile of latency over 5s is back below 200ms within 30s``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, decided, too_few
from squall.interval import Interval
from squall.measure.harm import last_onset
from squall.measure.latency import back_below
from squall.measure.percentiles import enough
from squall.measure.recovery import observed
from squall.measure.witness import witness
from squall.record.folder import Record
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class LatencyBack:
    """A percentile over windows of ``over`` seconds is back below ``below`` ms within ``limit`` seconds, for good.

    Back: after the last window that does not keep below, if windows do for the hold length up to the end. Failed
    requests count as slower than any limit. Counted from the onset; from the last, if the harm is composed of several.
    """

    percentile: float
    over: float
    below: float
    limit: float
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by a window and the hold length."""
        return self.limit + self.over + hold

    def samples(self, rate: float) -> tuple[int, int]:
        """Return the requests of one window, and what the percentile needs."""
        return round(rate * self.over), enough(self.percentile)

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is back for the hold length, in time or late; that it is not yet settles nothing."""
        found = self.judge(record.until(known), began)
        return decided(found) and found.figure is not None and math.isfinite(found.figure.high)

    def judge(self, record: Record, began: Interval) -> Finding:
        """Slide the window over the load's requests from the onset to the clean-up; counts keep clear of the limit."""
        needed, have = enough(self.percentile), round(record.plan.load.lowest(record.plan.rate) * self.over)
        if have < needed:
            return too_few(have, needed, f"p{self.percentile:g} over {self.over:g}s")
        since = last_onset(record) or began
        until = observed(record)
        seen = witness(record.requests, since.low, until, self.below)
        back = back_below(seen, self.over, record.plan.hold, 1 - self.percentile / 100)
        what = f"p{self.percentile:g} back below {self.below:g}ms"
        return at_most((back - since).not_below(0.0), self.limit, "s", len(seen.at), what)
