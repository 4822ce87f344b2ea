"""``from 5s on until its end at least 90% of answers are degraded``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_least, too_few
from squall.claims.success_share import FEWEST
from squall.interval import Interval
from squall.measure.harm import harm_time
from squall.record.folder import Record
from squall.record.samples import DEGRADED
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class DegradedShare:
    """While a harm is active, from ``after`` seconds on, at least ``limit`` % of requests are answered by the fallback.

    An answer says so by the mark that the system file names (``load.degraded``). Of all requests of the load, or of
    those called ``request``; one that fails was not answered so.
    """

    limit: float
    after: float
    request: str = ""
    of_users: ClassVar[bool] = True
    fewest: ClassVar[int] = FEWEST

    @property
    def active_for(self) -> float:
        """Return how long the harm must be active."""
        return self.after

    def observation(self, hold: float) -> float:
        """Add nothing: it is about the harm's time."""
        return self.after

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count the marks of requests that were meant in that time; one whose end is unknown may have had one."""
        active = harm_time(record, began)
        window = record.requests.between(active.since.high + self.after, active.end)
        chosen = window.chosen(window.name.equal(self.request)) if self.request else window
        if (count := len(chosen)) < FEWEST:
            return too_few(count, FEWEST, "requests in that time")
        marked, unknown = int((chosen.ok & chosen.mark.equal(DEGRADED)).sum()), int((~chosen.known).sum())
        share = Interval(100 * marked / count, 100 * (marked + unknown) / count)
        return at_least(share, self.limit, "%", count, f"answered by the fallback ({marked} of {count})")
