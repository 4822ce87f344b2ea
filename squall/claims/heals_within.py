"""``"api" heals by itself within 30s``."""

import math
from dataclasses import dataclass

from squall.claims.claim import at_most
from squall.interval import Interval
from squall.measure import recovered
from squall.platform_view import restored
from squall.record import Record
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class HealsWithin:
    """A service heals by itself: users served well and instances restored, with nothing undone by squall.

    Counted from the onset to the later of the two; ``limit`` in seconds.
    """

    service: str
    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length that proves recovery."""
        return self.limit + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Judge the later of users' recovery and the platform's, both before the clean-up began."""
        until = record.phase("undo") or math.inf
        users = _before(recovered(record, began.low), until - record.plan.hold)
        platform = restored(record, self.service, began.low)
        instances = _before(None if platform is None else Interval.exact(platform), until)
        figure = (users.later(instances) - began).not_below(0.0)
        slower = "users" if users.high >= instances.high else "instances"
        return at_most(figure, self.limit, "s", len(record.requests) + len(record.probes), f"healed ({slower} last)")


def _before(moment: Interval | None, until: float) -> Interval:
    """Return the moment if it came in time; what came after the clean-up began is no healing by itself."""
    if moment is None or moment.low > until:
        return Interval(until, math.inf) if math.isfinite(until) else Interval(0.0, math.inf)
    return moment if moment.high <= until else Interval(moment.low, math.inf)
