"""``a node of "api" is cordoned``: nothing new is scheduled on it."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import ONE, Impact, Reach, Share


@dataclass(frozen=True, slots=True)
class Cordon(ByApi):
    """Nodes that have instances of a service are cordoned; what runs on them stays.

    The effect is that a pod which asks for the node is refused. A node that was cordoned already is not harmed, and
    stays so. Never a node of the control plane.
    """

    share: Share = ONE
    reaches: ClassVar[Reach] = Reach.NODES
    impact: ClassVar[Impact] = Impact.NOBODY

    def describe(self) -> str:
        return f"{self.share} of the nodes of {self.service} cordoned{self.until()}"
