"""``the share of "hits" among "hits" and "misses" of "api" over 5s is back above 20% within 60s``."""

from dataclasses import dataclass

from squall.claims.claim import back_within, undecided
from squall.interval import Interval
from squall.measure.gauges import back_for_good, share_over_time
from squall.measure.harm import last_onset
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class HitRateBack:
    """What one counter has of what two grow by is above ``level`` % again, for good, within ``limit`` seconds.

    A cache's hit rate, from its counters of hits and misses and not from a gauge of a rate. Counted over windows of
    ``over`` seconds, of all instances together, from the onset (the last, if there are several) up to the clean-up: a
    window reaches back, so a rate that is back shows up to ``over`` seconds later.
    """

    service: str
    hits: str
    misses: str
    over: float
    level: float
    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by a window and the hold length."""
        return self.limit + self.over + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Find the last window in which the share was not above the level."""
        since = last_onset(record) or began
        end = record.phase("undo") or since.high + record.plan.observation
        both = (self.hits, self.misses)
        seen = share_over_time(record, self.service, (self.hits,), both, (since.low, end), self.over)
        if not seen.known:
            reason = f"{' and '.join(both)} of {self.service} were not read, or nothing grew"
            return undecided(reason, Cause.GAUGE_MISSING)
        back = back_for_good(seen, self.level, above=True)
        lowest = f"the lowest was {min(seen.known):.3g}%"
        what = f"hit rate of {self.service} over {self.over:g} s back above {self.level:g}% ({lowest})"
        known, unknown = len(seen.known), len(seen.unknown)
        return back_within(back - since, self.limit, what, known=known, unknown=unknown, unseen="not known")
