"""``the circuit breaker to "redis" closes within 10s of its end``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, never_ended, undecided
from squall.interval import Interval
from squall.measure.breaker import flowing_since
from squall.measure.calls import call_log, usual_rate
from squall.measure.harm import ended
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class BreakerCloses:
    """Calls to a service flow again within ``limit`` seconds of the harm's end: the breaker in front of it closes.

    Again: at least half as many as while the system was steady, in each window that would then have 100 of them, up to
    the clean-up. The calls must be counted.
    """

    service: str
    limit: float
    reads_calls: ClassVar[bool] = True
    of_its_end: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the windows that show it."""
        return self.limit + 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Find the last window after the harm's end in which fewer calls came than half of the usual."""
        if (end := ended(record)) is None:
            return never_ended(record)
        undone = record.phase("undo") or end.high + record.plan.observation
        log = call_log(record, self.service, end.low, undone)
        if isinstance(log, str):
            return undecided(log, Cause.GAUGE_MISSING)
        if not (usual := usual_rate(record, self.service)):
            return undecided(f"no call reached {self.service} while the system was steady", Cause.TOO_FEW_SAMPLES)
        since = flowing_since(log.seconds, end.low, log.end, usual)
        calls = sum(each.calls for each in log.seconds if end.low <= each.at < log.end)
        what = f"until calls to {self.service} flowed again ({usual:.3g} a second before the harm)"
        finding = at_most((since - end).not_below(0.0), self.limit, "s", calls, what)
        if math.isinf(since.high) and finding.verdict is Verdict.INCONCLUSIVE:
            return finding.voided(
                Cause.TOO_FEW_SAMPLES, f"they did not by the clean-up, which was too soon: {finding.reason}"
            )
        return finding
