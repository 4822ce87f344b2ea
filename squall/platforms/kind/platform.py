"""The platform kind: a Kubernetes cluster in containers of this machine, the only one that is harmed without asking."""

from collections.abc import Collection, Sequence

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, Misuse
from squall.platforms.kind.machine import Machine, end_containers
from squall.platforms.kind.proof import prove
from squall.platforms.kubernetes.platform import OnCluster
from squall.system.system import System


class Kind(OnCluster):
    """A system on a kind cluster. Offers what every cluster does, and harms to its nodes' machines and API server.

    Raises:
        Misuse: the system has no place on kind, or the kubeconfig no such context.
    """

    name = "kind"
    harm_folders = (*OnCluster.harm_folders, "squall.platforms.kind.harms")

    def __init__(self, system: System, context: str | None = None, clock: Clock = SYSTEM) -> None:
        if system.platforms.kind is None:
            raise Misuse(f"{system.name} does not say where it runs on kind: add platforms.kind to its system.yaml")
        super().__init__(system, system.platforms.kind, context, clock)
        self._names: Sequence[str] = ()

    def _prove(self) -> None:
        """Raise Misuse unless this is a kind cluster of this machine."""
        self._names = [str(node["metadata"]["name"]) for node in prove(self._api)]

    def processes(self) -> Collection[int] | None:
        """Return the first process of each node's container that runs."""
        try:
            pids = [Machine(name).pid() for name in self._names]
        except HarnessFailed:
            return None
        return [pid for pid in pids if pid]

    def _ending(self, node: str, containers: Sequence[str]) -> None:
        end_containers(node, containers)
