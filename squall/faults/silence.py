"""``"payments" answers nothing for 20s``: who asks is heard, and waits."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_agent import ByAgent
from squall.instances import EVERY, Impact, Share


@dataclass(frozen=True, slots=True)
class Silence(ByAgent):
    """Connections to instances are accepted, and what clients ask goes nowhere: a black hole.

    Unlike one that is unreachable it lets clients connect, so that only their time limits for answers help. As
    ``Slower`` by a proxy, with the same effect on established connections and the same undo; who waits at its end is
    reset, for what was asked is lost. The effect is the first request that was kept back.
    """

    share: Share = EVERY
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"{self.share.of(self.service)} accepts connections and answers nothing for {self.lasts:g}s"
