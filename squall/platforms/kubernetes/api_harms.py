"""The harms that any cluster can do to its own objects, as a platform offers them."""

from collections.abc import Collection, Sequence

from squall.platforms.harming import Harming
from squall.platforms.kubernetes.harms.closing import Closing
from squall.platforms.kubernetes.harms.cordon import Cordoning
from squall.platforms.kubernetes.harms.drain import Draining
from squall.platforms.kubernetes.harms.ground import Ground
from squall.platforms.kubernetes.harms.misdirection import Misdirection
from squall.platforms.kubernetes.harms.outage import Outage
from squall.platforms.kubernetes.harms.pin import Pinning
from squall.platforms.kubernetes.harms.scale import Scaling
from squall.platforms.kubernetes.nodes import of_control_plane
from squall.platforms.kubernetes.paths import NODES


class ApiHarms:
    """Offers Nodes, Cordons, Drains, Scales, Doors, Autoscales and Fells. The platform that has it sets ``ground``."""

    ground: Ground

    def workers(self) -> Collection[str]:
        """Return the nodes without the control plane's."""
        return [str(node["metadata"]["name"]) for node in self.ground.api.items(NODES) if not of_control_plane(node)]

    def cordoning(self, nodes: Sequence[str]) -> Harming:
        """Cordon nodes."""
        return Cordoning(self.ground, nodes)

    def draining(self, nodes: Sequence[str]) -> Harming:
        """Drain nodes."""
        return Draining(self.ground, nodes)

    def scaling(self, service: str, count: int) -> Harming:
        """Scale a service."""
        return Scaling(self.ground, service, count)

    def misdirecting(self, service: str) -> Harming:
        """Let a service's door select nobody."""
        return Misdirection(self.ground, service)

    def closing(self, service: str) -> Harming:
        """Let a service's door be reached from inside alone."""
        return Closing(self.ground, service)

    def pinning(self, service: str) -> Harming:
        """Pin a service's autoscaler."""
        return Pinning(self.ground, service)

    def felling(self) -> Harming:
        """Take all services down."""
        return Outage(self.ground, self.ground.order)
