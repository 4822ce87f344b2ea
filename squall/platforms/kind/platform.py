"""The platform kind: a Kubernetes cluster in containers of this machine, the only one that is harmed without asking."""

from collections.abc import Sequence

from squall.clock import SYSTEM, Clock
from squall.errors import Misuse
from squall.platforms.kind.machine import end_containers
from squall.platforms.kubernetes.access.guard_rails import INSTEAD, prove_nodes, prove_place
from squall.platforms.kubernetes.api.client import ApiFailed
from squall.platforms.kubernetes.api.paths import NODES
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

    def _prove(self) -> None:
        """Raise Misuse unless this is a kind cluster of this machine."""
        prove_place(self.context, self._api.server)
        try:
            nodes = self._api.items(NODES)
        except ApiFailed as error:
            raise Misuse(f'the cluster of "{self.context}" does not answer: {error.reason}. {INSTEAD}') from error
        prove_nodes(self.context, nodes)

    def _ending(self, node: str, containers: Sequence[str]) -> None:
        end_containers(node, containers)
