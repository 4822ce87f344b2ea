"""``the gauge "pool free" of "api" is back above 2 within 30s``."""

from dataclasses import dataclass

from squall.claims.claim import back_within, undecided
from squall.interval import Interval
from squall.measure.gauges import back_for_good, worst_over_time
from squall.measure.harm import last_onset
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class GaugeBack:
    """A gauge of each instance of a service is above ``level`` again, for good, ``limit`` seconds after the onset.

    With ``below`` it is below that level. From the last onset, if the harm is composed of several, up to the clean-up;
    read once a second.
    """

    service: str
    gauge: str
    level: float
    limit: float
    below: bool = False

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Find the last second at which an instance was on the wrong side."""
        since = last_onset(record) or began
        end = record.phase("undo") or since.high + record.plan.observation
        seen = worst_over_time(record, self.service, self.gauge, since.low, end, lowest=not self.below)
        if not seen.known:
            return undecided(f'the gauge "{self.gauge}" of {self.service} was not read', Cause.GAUGE_MISSING)
        back = back_for_good(seen, self.level, above=not self.below)
        what = f'"{self.gauge}" of {self.service} back {"below" if self.below else "above"} {self.level:g}'
        known, unknown = len(seen.known), len(seen.unknown)
        return back_within(back - since, self.limit, what, known=known, unknown=unknown, unseen="not read")
