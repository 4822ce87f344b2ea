"""``"api" has 5 ready instances within 60s``."""

import math
from dataclasses import dataclass

from squall.claims.claim import at_most, unwatched
from squall.interval import Interval
from squall.measure.harm import last_onset
from squall.measure.instances import blind, dated, ready_over_time
from squall.record.folder import Record
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class ReplicasReach:
    """A service has so many ready instances, or more, within ``limit`` seconds of the onset: it scales out.

    It need not keep them: that is a claim of its own. From the last onset, if the harm is composed of several.
    """

    service: str
    count: int
    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the first moment at which the platform shows them."""
        since = last_onset(record) or began
        if not (counts := ready_over_time(record, self.service)):
            return unwatched(self.service)
        end = record.phase("undo") or since.high + record.plan.observation
        before = [each for each in counts if each.t <= since.low]
        shown = [*before[-1:], *(each for each in counts if since.low < each.t < end)]
        reached = [each.t for each in shown if len(each.ready) >= self.count]
        most = max((len(each.ready) for each in shown), default=0)
        moment = dated(blind(record), max(since.low, reached[0])) if reached else Interval(end, math.inf)
        what = f"{self.count} instances of {self.service} ready (the most were {most})"
        return at_most((moment - since).not_below(0.0), self.limit, "s", len(shown), what)
