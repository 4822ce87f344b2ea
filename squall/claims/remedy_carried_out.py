"""``someone carries out "restart the api" within 5m``: a remedy by a person, waited for with a limit."""

import math
from dataclasses import dataclass

from squall.claims.claim import at_most, undecided
from squall.interval import Interval
from squall.record.event import PersonSaid
from squall.record.folder import Record
from squall.verdict import Cause, Finding


@dataclass(frozen=True, slots=True)
class RemedyCarriedOut:
    """A person says, in a drill, that she has carried out a ``remedy``, within ``limit`` seconds of the onset.

    The harm stays until its own end or the clean-up: the figure is how long people took, not whether it helped. Other
    claims say that.
    """

    remedy: str
    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit + hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once somebody has said it, or the limit is over."""
        return self._said(record, began) is not None or known - began.high > self.limit

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the first time that it was said after the onset; who presses a button does it a moment late."""
        if record.phase("leave") is None:
            return undecided(
                "nobody was asked: only a drill that waits for GO has people (squall gameday)", Cause.GAUGE_MISSING
            )
        said = self._said(record, began)
        until = record.phase("undo") or began.high + record.plan.observation
        moment = Interval(until, math.inf) if said is None else Interval.exact(said.t)
        what = f'"{self.remedy}" carried out' + (f" (said {said.who})" if said is not None else "")
        return at_most((moment - began).not_below(0.0), self.limit, "s", 1, what)

    def _said(self, record: Record, began: Interval) -> PersonSaid | None:
        there = record.events(PersonSaid)
        return next((e for e in there if e.said == "remedy" and e.text == self.remedy and e.t >= began.low), None)
