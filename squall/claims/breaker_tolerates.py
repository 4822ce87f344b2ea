"""``the circuit breaker to "redis" does not open before 5 calls have failed``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_least, undecided
from squall.interval import Interval
from squall.measure.breaker import FEWEST_A_SECOND, failed_before_pause
from squall.measure.calls import call_log, usual_rate
from squall.measure.harm import harm_time
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Measured, Verdict


@dataclass(frozen=True, slots=True)
class BreakerTolerates:
    """Calls to a service do not pause before ``failures`` of them have failed: no circuit breaker opens by one error.

    A pause is a whole second with a tenth of the usual calls or less; one that is shorter, or of one caller among
    several, does not show. The calls must be counted. Failed: answered by an error, cut off, refused
    or given up.
    """

    service: str
    failures: int
    reads_calls: ClassVar[bool] = True
    fewest: ClassVar[int] = 0

    @property
    def active_for(self) -> float:
        """Return how long the harm must be active: a pause shows in a whole second, after one of failures."""
        return 3.0

    def observation(self, hold: float) -> float:
        """Add nothing: it is about the harm's time."""
        return 0.0

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count the calls that failed before the first pause."""
        active = harm_time(record, began)
        log = call_log(record, self.service, active.since.low, active.end)
        if isinstance(log, str):
            return undecided(log, Cause.GAUGE_MISSING)
        usual = usual_rate(record, self.service)
        if usual < FEWEST_A_SECOND:
            reason = f"{usual:.3g} calls a second reached {self.service} before: {FEWEST_A_SECOND:g} show a pause"
            return undecided(reason, Cause.TOO_FEW_SAMPLES)
        failed, paused = failed_before_pause(log.seconds, active, usual)
        samples = int(failed.high)
        if not samples:
            return undecided(f"no call to {self.service} failed: there was nothing to tolerate", Cause.TOO_FEW_SAMPLES)
        what = f"failed calls to {self.service} before they paused"
        if not paused:
            reason = f"calls to {self.service} did not pause, and {failed.low:.0f} or more of them failed"
            return Finding("", Verdict.HELD, reason, measured=Measured(what, failed, None, "calls", samples))
        return at_least(failed, self.failures, "calls", samples, what)
