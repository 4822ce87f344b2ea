"""``the gauge "version" of "edge" follows that of "registry" by at most 3s within 10s of its end``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import back_within, never_ended, undecided
from squall.interval import Interval
from squall.measure.gauges import back_for_good, following
from squall.measure.harm import ended
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class GaugeFollows:
    """Each instance of a service shows what another service shows, or showed at most ``lag`` seconds before.

    Again, and for good, ``limit`` seconds after the harm's end, up to the clean-up: copies converge on their source.
    Both have a gauge of that name; they are read once a second, which is the least lag that can be seen.
    """

    service: str
    gauge: str
    source: str
    lag: float
    limit: float
    of_its_end: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the lag and the hold length."""
        return self.limit + self.lag + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Find the last second at which an instance showed something else."""
        if (end := ended(record)) is None:
            return never_ended(record)
        until = record.phase("undo") or end.high + record.plan.observation
        seen = following(record, self.service, self.source, self.gauge, (end.low, until), self.lag)
        if not seen.known:
            which = f'the gauge "{self.gauge}" of {self.service} and {self.source}'
            return undecided(f"{which} was not read of both", Cause.GAUGE_MISSING)
        back = back_for_good(seen, 0.5, above=True)
        what = f'"{self.gauge}" of {self.service} as {self.source} has it'
        known, unknown = len(seen.known), len(seen.unknown)
        return back_within(back - end, self.limit, what, known=known, unknown=unknown, unseen="not read of both")
