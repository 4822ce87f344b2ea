"""``"redis" resets connections for 20s``: who asks is cut off."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_agent import ByAgent
from squall.instances import EVERY, Impact, Share


@dataclass(frozen=True, slots=True)
class Resets(ByAgent):
    """Connections to instances are accepted, and reset as soon as the client asks something.

    As ``Slower`` by a proxy, with the same effect on established connections and the same undo. The effect is the first
    connection that was cut off.
    """

    share: Share = EVERY
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"{self.share.of(self.service)} resets connections for {self.lasts:g}s"
