"""What every harm to objects of a cluster is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from squall.clock import Clock
from squall.platforms.capability import StoreHandle
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.blindness import Blindness
from squall.platforms.kubernetes.expiry import ClusterExpiry
from squall.platforms.kubernetes.objects.workloads import Workloads


@dataclass(frozen=True, slots=True)
class HarmContext:
    """The API server, the system's workloads, the clock, and the check that the run still owns the system.

    ``owned`` raises InjectionFailed if it does not; ``order`` is the order in which the system is brought back;
    ``expiry`` ends in the cluster what a run leaves, if this platform has that; ``stores`` are those that the system
    file says how to reach; ``blindness`` is told when the platform cannot be seen because of the harm;
    ``asks_nodes``: a node is harmed only if its own label allows it, for others may run on it.
    """

    api: Api
    workloads: Workloads
    clock: Clock
    owned: Callable[[], None]
    blindness: Blindness
    order: Sequence[Sequence[str]] = ()
    expiry: ClusterExpiry | None = None
    stores: Callable[[], Mapping[str, StoreHandle]] = dict
    asks_nodes: bool = False

    @property
    def image(self) -> str:
        """The image of squall's own pods; empty if the system file names none."""
        return self.workloads.cluster.agent

    @property
    def namespace(self) -> str:
        """The system's namespace."""
        return self.workloads.cluster.namespace
