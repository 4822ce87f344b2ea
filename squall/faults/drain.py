"""``a node of "api" is drained``: cordoned, and emptied as disruption budgets allow."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import ONE, Reach, Share


@dataclass(frozen=True, slots=True)
class Drain(ByApi):
    """Nodes that have instances of a service are cordoned, and all pods of the system on them are evicted.

    The effect is that none of them is left but those of daemons. Disruption budgets are respected; one that still
    refuses in the end is named, and the node counts as not drained. Pods of other namespaces stay: they are not this
    system's. Undone by freeing the node; evicted pods do not move back. Never a node of the control plane.
    """

    share: Share = ONE
    reaches: ClassVar[Reach] = Reach.NODES

    def describe(self) -> str:
        return f"{self.share} of the nodes of {self.service} drained{self.until()}"
