"""The platform kind: a Kubernetes cluster in containers of this machine, the only one that is harmed without asking."""

from collections.abc import Sequence

from squall.clock import SYSTEM, Clock
from squall.errors import Misuse
from squall.platforms.kind.machine import end_containers
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

    def _prove(self) -> None:
        """Raise Misuse unless this is a kind cluster of this machine."""
        prove(self._api)

    def _ending(self, node: str, containers: Sequence[str]) -> None:
        end_containers(node, containers)
