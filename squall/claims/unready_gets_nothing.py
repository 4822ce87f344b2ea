"""``an instance of "api" that is not ready gets nothing later than 2s``."""

from dataclasses import dataclass

from squall.claims.claim import at_most, undecided, unwatched
from squall.interval import Interval
from squall.measure.answers import latest_after, ready_names, unready_spans
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class UnreadyGetsNothing:
    """An instance that the platform shows as not ready answers no request that was sent ``limit`` seconds later.

    Up to its being ready again, or the clean-up. Answers say who gave them by the header X-Instance; a request that
    went there and was not answered shows as a failure and not here.
    """

    service: str
    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by twice the hold length."""
        return self.limit + 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the latest request that an instance answered although it was not ready."""
        if not (ready := ready_names(record, self.service)):
            return unwatched(self.service)
        end = record.phase("undo") or began.high + record.plan.observation
        answered = record.requests.instance.counts()
        if not any(answered[name] for change in ready for name in change.names):
            return undecided(f"no answer says that an instance of {self.service} gave it", Cause.GAUGE_MISSING)
        spans = unready_spans(record, self.service, began.low, end)
        if not spans:
            return undecided(f"all instances of {self.service} stayed ready", Cause.NO_EFFECT)
        late = {name: latest_after(record.requests, name, since, until) for name, since, until in spans}
        worst = max(late, key=lambda name: late[name])
        what = f"until {worst}, which was not ready, was sent nothing more"
        return at_most(Interval.exact(late[worst]), self.limit, "s", len(spans), what)
