"""``a node of "api" freezes for 60s``: the machine itself, with all that runs on it."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import ONE, Reach, Share


@dataclass(frozen=True, slots=True)
class NodeFreeze(ByApi):
    """The machines of nodes are frozen: they keep their connections and answer nobody; at the end they go on.

    The effect is that the machine is so, and that its heartbeat (the node's lease) is not renewed.
    Undone also by the guard, if the harness dies, and by ``squall undo``: nothing in the machine can do it. Only
    where the nodes are containers of this machine (kind), and never the control plane.
    """

    share: Share = ONE
    reaches: ClassVar[Reach] = Reach.NODES

    def describe(self) -> str:
        return f"{self.share} of the nodes of {self.service} frozen{self.until()}"
