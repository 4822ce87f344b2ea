"""``"api" keeps at least 2 ready instances``, ``"api" keeps between 3 and 10 ready instances``."""

from dataclasses import dataclass

from squall.claims.claim import at_least, at_most, unwatched
from squall.interval import Interval
from squall.measure.instances import blind, ready_over_time
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class ReplicasWithin:
    """A service never has fewer ready instances than ``fewest_ready``, nor more than ``most_ready`` (0: no bound).

    From the onset to the clean-up, as the platform shows them: a disruption budget is kept, an autoscaler keeps to its
    bounds.
    """

    service: str
    fewest_ready: int
    most_ready: int = 0

    def observation(self, hold: float) -> float:
        """Add nothing: a negative claim lasts as long as the others make the observation."""
        return 2 * hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled by the first breach; that there is none shows only at the end."""
        return self.judge(record, began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Look at each count that the platform showed."""
        end = record.phase("undo") or began.high + record.plan.observation
        counts = [each for each in ready_over_time(record, self.service) if each.t < end]
        before = [each for each in counts if each.t <= began.low]
        shown = [len(each.ready) for each in [*before[-1:], *(each for each in counts if each.t > began.low)]]
        if not shown:
            return unwatched(self.service)
        what = f"ready instances of {self.service}"
        fewest = at_least(Interval.exact(min(shown)), self.fewest_ready, "instances", len(shown), f"fewest {what}")
        most = at_most(Interval.exact(max(shown)), self.most_ready, "instances", len(shown), f"most {what}")
        worse = most if self.most_ready and most.verdict is Verdict.BROKEN else fewest
        if worse.verdict is Verdict.HELD and blind(record):
            return worse.voided(Cause.GAUGE_MISSING, f"the platform could not be seen for a time: {worse.reason}")
        return worse
