"""``at most 2% of the month's error budget is spent``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, broken_or_enough
from squall.claims.success_share import FEWEST
from squall.interval import Interval
from squall.measure.users import success
from squall.record.folder import Record
from squall.verdict import Finding, Verdict

# Thirty days, as a month is counted in service levels (s).
MONTH = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """At most ``limit`` % of a month's failures that the objective allows come from the onset to the observation's end.

    The budget is what the system file's objective allows of the requests that the run's rate makes in thirty days. The
    burn rate is how many times as fast as evenly it was spent (Google's Site Reliability Workbook, chapter 5).
    """

    limit: float
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Add nothing: it is counted to the end."""
        return 2 * hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is overspent: nothing gives it back."""
        return self.judge(record, began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count the failures; an arrival whose end is unknown may have been one."""
        end = record.phase("undo") or began.low + record.plan.observation
        share, allowed = success(record, began.low, end), 1 - record.plan.objective.success / 100
        budget = allowed * record.plan.rate * MONTH
        spent = Interval(share.failed, share.failed + share.unknown).scaled(100 / budget)
        burn = (share.failed / share.count) / allowed if share.count else 0.0
        what = (
            f"of a month's {budget:.0f} failures spent (burn rate {burn:.3g}, {share.failed} of {share.count} failed)"
        )
        finding = at_most(spent, self.limit, "%", share.count, what)
        return broken_or_enough(finding, share.count, FEWEST, "requests that failed")
