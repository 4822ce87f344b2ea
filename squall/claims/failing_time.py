"""``requests fail for no longer than 5s``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, broken_or_enough
from squall.claims.success_share import FEWEST
from squall.interval import Interval
from squall.measure.outages import failing_time
from squall.measure.witness import within, witness
from squall.record.folder import Record
from squall.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class FailingTime:
    """The load's requests fail for at most ``limit`` seconds after the onset, all outages added up."""

    limit: float
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length that ends a stretch, and by as much again for a late one."""
        return 2 * self.limit + hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is BROKEN: what comes later adds to the time, and never takes from it."""
        return self.judge(record, began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Add up the outages that users saw; what the probes saw alone is said beside it."""
        until = record.phase("undo") or began.low + record.plan.observation
        seen = witness(record.requests, began.low, until)
        objective, hold = record.plan.objective, record.plan.hold
        figure = failing_time(seen, 1 - objective.success / 100, hold)
        count = len(within(record.requests, began.low, until))
        what = f"failing ({int(seen.failed.sum())} of {count} requests failed{_probes(record, began.low, until)})"
        finding = at_most(figure, self.limit, "s", count, what)
        # That nothing failed where nobody asked proves nothing; what failed did.
        return broken_or_enough(finding, count, FEWEST, "requests that failed")


def _probes(record: Record, start: float, end: float) -> str:
    """Say how many probes failed, if any did: another witness, whose failures are not added to the users'."""
    asked = within(record.probes, start, end)
    failed = int(asked.failed.sum())
    return f"; besides, {failed} of {len(asked)} probes" if failed else ""
