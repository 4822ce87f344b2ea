"""``"api" is back at 2 ready instances within 90s of its end``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, never_ended, undecided, unwatched
from squall.interval import Interval
from squall.measure.harm import ended
from squall.measure.instances import blind, dated, ready_over_time
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class ReplicasReturn:
    """A service has just so many ready instances again, for good, ``limit`` seconds after the harm's end: it scales in.

    That it had another number from the onset on has to be seen. Up to the clean-up.
    """

    service: str
    count: int
    limit: float
    of_its_end: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the last change from another number to this one."""
        if (end := ended(record)) is None:
            return never_ended(record)
        if not (counts := ready_over_time(record, self.service)):
            return unwatched(self.service)
        undone = record.phase("undo") or end.high + record.plan.observation
        shown = [each for each in counts if each.t < undone]
        other = [place for place, each in enumerate(shown) if each.t > began.low and len(each.ready) != self.count]
        if not other:
            reason = f"{self.service} had {self.count} ready instances all the time: there was nothing to return from"
            return undecided(reason, Cause.NO_EFFECT)
        after = shown[other[-1] + 1 :]
        moment = dated(blind(record), max(end.low, after[0].t)) if after else Interval(undone, math.inf)
        figures = ", ".join(str(len(each.ready)) for each in shown[other[0] :][-10:])
        what = f"{self.service} back at {self.count} ready instances (it had {figures})"
        return at_most((moment - end).not_below(0.0), self.limit, "s", len(shown), what)
