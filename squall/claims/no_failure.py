"""``no request fails``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, too_few
from squall.claims.success_share import FEWEST
from squall.interval import Interval
from squall.measure.users import success
from squall.record.folder import Record
from squall.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class NoFailure:
    """Not one of the load's requests fails from the onset to the end of the observation."""

    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Add nothing: a negative claim lasts as long as the others make the observation."""
        return 2 * hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled by the first failure; that there is none shows only at the end."""
        return self.judge(record, began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count failures to the end; an arrival whose end is unknown may have been one."""
        share = success(record, began.low, record.phase("undo") or began.low + record.plan.observation)
        if share.count < FEWEST and not share.failed:
            return too_few(share.count, FEWEST, "requests that failed")
        figure = Interval(share.failed, share.failed + share.unknown)
        return at_most(figure, 0, "requests", share.count, f"failed of {share.count}")
