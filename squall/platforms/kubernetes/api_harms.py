"""The harms that any cluster can do to its own objects, as a platform offers them."""

from collections.abc import Collection, Sequence

from squall.platforms.kubernetes.api.paths import NODES
from squall.platforms.kubernetes.expiry import Expiring, Placed
from squall.platforms.kubernetes.harms.closing import Closing
from squall.platforms.kubernetes.harms.configuring import Configuring
from squall.platforms.kubernetes.harms.context import Ground
from squall.platforms.kubernetes.harms.cordon import Cordoning
from squall.platforms.kubernetes.harms.drain import Draining
from squall.platforms.kubernetes.harms.misdirection import Misdirection
from squall.platforms.kubernetes.harms.outage import OutageHarm
from squall.platforms.kubernetes.harms.pausing import Pausing
from squall.platforms.kubernetes.harms.pin import Pinning
from squall.platforms.kubernetes.harms.rollback import RollingBack
from squall.platforms.kubernetes.harms.scale import Scaling
from squall.platforms.kubernetes.harms.switching import Switching
from squall.platforms.kubernetes.objects.nodes import of_control_plane
from squall.platforms.object_harms import Harming


class ApiHarms:
    """Offers Nodes, Cordons, Drains, Scales, Doors, Rollouts, Configures, Autoscales and Fells.

    The platform that has it sets ``ground``. Harms of which the system file says too little raise Misuse here.
    """

    ground: Ground

    def workers(self) -> Collection[str]:
        """Return the nodes without the control plane's."""
        return [str(node["metadata"]["name"]) for node in self.ground.api.items(NODES) if not of_control_plane(node)]

    def cordoning(self, nodes: Sequence[str]) -> Harming:
        """Cordon nodes."""
        return self._expiring(Cordoning(self.ground, nodes))

    def draining(self, nodes: Sequence[str]) -> Harming:
        """Drain nodes."""
        return self._expiring(Draining(self.ground, nodes))

    def scaling(self, service: str, count: int) -> Harming:
        """Scale a service."""
        return self._expiring(Scaling(self.ground, service, count))

    def misdirecting(self, service: str) -> Harming:
        """Let a service's door select nobody."""
        return self._expiring(Misdirection(self.ground, service))

    def closing(self, service: str) -> Harming:
        """Let a service's door be reached from inside alone."""
        return self._expiring(Closing(self.ground, service))

    def switching(self, service: str, to: str) -> Harming:
        """Put the pods of another workload behind a service's door."""
        self.ground.workloads.place(to)
        return self._expiring(Switching(self.ground, service, to))

    def pausing(self, service: str) -> Harming:
        """Pause the rollout of a service."""
        return self._expiring(Pausing(self.ground, self.ground.workloads.deployment(service)))

    def rolling_back(self, service: str) -> Harming:
        """Undo the last release of a service."""
        return self._expiring(RollingBack(self.ground, service, self.ground.workloads.deployment(service)))

    def configuring(self, service: str, configuration: str) -> Harming:
        """Put a configuration of a service in place."""
        return self._expiring(
            Configuring(self.ground, service, self.ground.workloads.configuration(service, configuration))
        )

    def pinning(self, service: str) -> Harming:
        """Pin a service's autoscaler."""
        return self._expiring(Pinning(self.ground, service))

    def felling(self) -> Harming:
        """Take all services down."""
        return self._expiring(OutageHarm(self.ground, self.ground.order))

    def _expiring(self, harming: Placed) -> Harming:
        """Let a harm end by itself in the cluster, too, if this platform does."""
        if (expiry := self.ground.expiry) is None:
            return harming
        return Expiring(harming, expiry)
