"""``a node of "api" is lost for 60s``: the machine itself, with all that runs on it."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import ONE, Reach, Share


@dataclass(frozen=True, slots=True)
class NodeLoss(ByApi):
    """The machines of nodes are stopped at once and their Node objects deleted; at the end both are back as they were.

    The effect is that the Node object is gone, and the machine does not run. Labels, annotations, taints and the
    address range of its pods are restored from the undo data, which is on the machine's own disk.
    Undone also by the guard, if the harness dies, and by ``squall undo``: nothing in the machine can do it. Only
    where the nodes are containers of this machine (kind), and never the control plane.
    """

    share: Share = ONE
    reaches: ClassVar[Reach] = Reach.NODES

    def describe(self) -> str:
        return f"{self.share} of the nodes of {self.service} lost{self.until()}"
