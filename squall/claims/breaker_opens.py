"""``the circuit breaker to "redis" opens within 5s, with at most 2 calls in any 5s from then on``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, undecided
from squall.interval import Interval
from squall.measure.breaker import busy_until, met
from squall.measure.calls import call_log, usual_rate
from squall.measure.harm import harm_time
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class BreakerOpens:
    """Calls to a failing service stop within ``limit`` seconds of the onset: a circuit breaker in front of it opens.

    From then until the harm's end no more than ``trials`` calls reach it in any ``every`` seconds, whoever makes them.
    The calls must be counted, by whole seconds; nothing of them tells whose breaker it was.
    """

    service: str
    limit: float
    trials: int
    every: float
    reads_calls: ClassVar[bool] = True
    fewest: ClassVar[int] = 0

    @property
    def active_for(self) -> float:
        """Return how long the harm must be active: that calls stopped shows in a stretch without them."""
        return self.limit + self.every + 1

    def observation(self, hold: float) -> float:
        """Reach past the limit by the stretch that shows it."""
        return self.active_for

    def judge(self, record: Record, began: Interval) -> Finding:
        """Find the last stretch of the harm's time with more calls than a breaker that is open lets through."""
        active = harm_time(record, began)
        log = call_log(record, self.service, active.since.low, active.end)
        if isinstance(log, str):
            return undecided(log, Cause.GAUGE_MISSING)
        usual = usual_rate(record, self.service) * self.every
        if usual <= 2 * self.trials:
            reason = (
                f"{usual:.1f} calls to {self.service} in {self.every:g} s while the system was steady: "
                f"that there are {self.trials} shows nothing"
            )
            return undecided(reason, Cause.TOO_FEW_SAMPLES)
        until = busy_until(log.seconds, active, self.every, self.trials)
        what = f"until no more than {self.trials} calls to {self.service} came in any {self.every:g} s"
        calls = sum(each.calls for each in log.seconds if active.since.low < each.at + 1 and each.at < active.end)
        finding = at_most((until - active.since).not_below(0.0), self.limit, "s", calls, what)
        if finding.verdict is Verdict.HELD and not met(log.seconds, active):
            return undecided(
                f"no call reached {self.service} while it was harmed: why they stopped is not known",
                Cause.GAUGE_MISSING,
            )
        if math.isinf(until.high) and finding.verdict is Verdict.INCONCLUSIVE:
            return finding.voided(
                Cause.TOO_FEW_SAMPLES, f"no {self.every:g} s of the harm's time show it: {finding.reason}"
            )
        return finding
