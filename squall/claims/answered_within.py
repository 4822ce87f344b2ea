"""``every request is answered within 2s``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, broken_or_enough
from squall.claims.success_share import FEWEST
from squall.interval import Interval
from squall.measure.arrivals import due
from squall.measure.latency import waits
from squall.measure.load import arrived
from squall.measure.witness import within
from squall.record.folder import Record
from squall.record.outcome import TIMEOUT
from squall.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class AnsweredWithin:
    """Nothing hangs: each of the load's requests came to an end, good or bad, within ``limit`` ms of being meant.

    An error is an end, and so is a connection that was refused or cut; one that the user gave up is none. From the
    onset to the end of the observation.
    """

    limit: float
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Add nothing: a negative claim lasts as long as the others make the observation."""
        return 2 * hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled by the first that hangs; that none does shows only at the end."""
        return self.judge(record, began).verdict is Verdict.BROKEN

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count those that took longer or were given up; an arrival whose end is unknown may be one of them."""
        until = record.phase("undo") or began.low + record.plan.observation
        seen = within(record.requests, began.low, until)
        given_up = seen.error.equal(TIMEOUT)
        least, most = waits(seen)
        hung, perhaps = given_up | (least > self.limit), given_up | (most > self.limit)
        meant = arrived(seen.chosen(seen.intended >= began.low))
        untraced = max(0, (due(record, began.low, until) or 0) - meant)
        figure = Interval(int(hung.sum()), int(perhaps.sum()) + untraced)
        finding = at_most(figure, 0, "requests", len(seen), f"not answered within {self.limit:g} ms, of {len(seen)}")
        return broken_or_enough(finding, len(seen), FEWEST, "requests that were answered")
