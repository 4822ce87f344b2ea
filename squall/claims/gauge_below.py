"""``the gauge "pool waiting" of "api" stays below 5``."""

from dataclasses import dataclass

from squall.claims.claim import at_most, undecided
from squall.interval import Interval
from squall.measure.gauges import worst_over_time
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Measured, Side, Verdict


@dataclass(frozen=True, slots=True)
class GaugeBelow:
    """A gauge of each instance of a service is below ``limit`` from the onset to the end of the observation.

    It is read once a second: what it was between two readings is not known, and not claimed. A gauge that cannot be
    read for more than three seconds, of any instance, shows nothing.
    """

    service: str
    gauge: str
    limit: float

    def observation(self, hold: float) -> float:
        """Add nothing: a negative claim lasts as long as the others make the observation."""
        return 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the highest value that any instance showed."""
        end = record.phase("undo") or began.high + record.plan.observation
        seen = worst_over_time(record, self.service, self.gauge, began.high, end, lowest=False)
        what = f'the highest "{self.gauge}" of {self.service}'
        if not seen.known:
            return undecided(f'the gauge "{self.gauge}" of {self.service} was not read', Cause.GAUGE_MISSING)
        highest = max(seen.known)
        if highest >= self.limit:
            figure = Interval.exact(highest)
            reason = f"{what}: {highest:g}, not below {self.limit:g}"
            measured = Measured(what, figure, self.limit, "", len(seen.known), Side.AT_MOST)
            return Finding("", Verdict.BROKEN, reason, measured=measured)
        finding = at_most(Interval.exact(highest), self.limit, "", len(seen.known), what)
        if seen.unknown:
            text = f"it was not read for {len(seen.unknown)} s of {len(seen.at)}: {finding.reason}"
            return finding.voided(Cause.GAUGE_MISSING, text)
        return finding
