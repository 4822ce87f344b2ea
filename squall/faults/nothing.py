"""``nothing is harmed for 30s``: the placebo, which shows the system and squall's own noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from squall.faults.fault import Reversal, Target
from squall.instances import NOBODY, Evidence, Impact, Share
from squall.interval import Interval
from squall.platforms.capability import Platform
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class Nothing:
    """No harm at all, for ``lasts`` seconds: what holds here is the steady state, what breaks is noise or neglect."""

    lasts: float
    service: str = ""
    share: Share = NOBODY
    needs: ClassVar[type] = Platform
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE
    impact: ClassVar[Impact] = Impact.NOBODY

    def describe(self) -> str:
        return f"nothing, for {self.lasts:g}s"

    def plan(self, target: Target) -> Sequence[Undo]:
        return ()

    def prepare(self, target: Target) -> None:
        """Do nothing."""

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Begin at once, by definition."""
        return [Evidence("nobody", True, "nothing is harmed", Interval.exact(target.clock.now()))]
