"""``requests fail for no longer than 5s``."""

from dataclasses import dataclass

from squall.claims.claim import at_most, too_few
from squall.claims.success_share import FEWEST
from squall.interval import Interval
from squall.measure.users import within
from squall.measure.windows import outages
from squall.record.folder import Record
from squall.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class FailingTime:
    """Requests fail for at most ``limit`` seconds after the onset, all stretches of failing added up."""

    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length that ends a stretch, and by as much again for a late one."""
        return 2 * self.limit + hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is BROKEN: what comes later adds to the time, and never takes from it."""
        return self.judge(record, began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Add up the outages, with the bounds that the rate of samples and the share that failed leave."""
        found = outages(record, began.low, record.plan.hold)
        total = sum((outage.length for outage in found), start=Interval.exact(0.0))
        failed = sum(outage.failed for outage in found)
        what = f"failing ({failed} requests and probes failed)"
        until = record.phase("undo") or began.low + record.plan.observation
        seen = len(within(record.requests, began.low, until)) + len(within(record.probes, began.low, until))
        finding = at_most(total, self.limit, "s", seen, what)
        # That nothing failed where nobody asked proves nothing; what failed did.
        if seen < FEWEST and finding.verdict is not Verdict.BROKEN:
            return too_few(seen, FEWEST, "requests and probes that failed")
        return finding
