"""``a node of "api" stops for 60s``: the machine itself, with all that runs on it."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import ONE, Reach, Share


@dataclass(frozen=True, slots=True)
class NodeStop(ByApi):
    """The machines of nodes are stopped at once, as by a power cut, and started again at the end.

    The effect is that the machine is so, and that its heartbeat (the node's lease) is not renewed.
    Undone also by the guard, if the harness dies, and by ``squall undo``: nothing in the machine can do it. Only
    where the nodes are containers of this machine (kind), and never the control plane.
    """

    share: Share = ONE
    reaches: ClassVar[Reach] = Reach.NODES

    def describe(self) -> str:
        return f"{self.share} of the nodes of {self.service} stopped (as by a power cut){self.until()}"
