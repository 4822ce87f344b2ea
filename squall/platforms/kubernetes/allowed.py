"""The platform kubernetes: any cluster that its user allows by name, in a namespace that its owner allows by label.

Two people have to say so: whoever types the command names the context, and whoever may change the namespace labels it.
Of a node, on which others may run, its own label has to say so, too.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar

from squall.clock import SYSTEM, Clock
from squall.errors import Misuse
from squall.platforms.kubernetes.api.client import ApiFailed
from squall.platforms.kubernetes.api.labels import ALLOWED
from squall.platforms.kubernetes.api.paths import namespace
from squall.platforms.kubernetes.platform import OnCluster
from squall.system.system import System


class Kubernetes(OnCluster):
    """A system on a cluster that is allowed. Offers what every cluster does.

    ``allowed`` are the contexts that may be harmed.

    Raises:
        Misuse: the system has no place on kubernetes, or the kubeconfig no such context.
    """

    name = "kubernetes"
    asks_nodes = True
    permitted_by: ClassVar[Mapping[str, str]] = {"labelSelector": f"{ALLOWED}=true"}

    def __init__(
        self, system: System, context: str | None = None, allowed: Collection[str] = (), clock: Clock = SYSTEM
    ) -> None:
        if system.platforms.kubernetes is None:
            where = "add platforms.kubernetes to its system.yaml"
            raise Misuse(f"{system.name} does not say where it runs on kubernetes: {where}")
        super().__init__(system, system.platforms.kubernetes, context, clock)
        self._allowed = allowed

    def _prove(self) -> None:
        """Raise Misuse unless context and namespace are allowed."""
        if self.context not in self._allowed:
            raise Misuse(
                f'the context "{self.context}" is not allowed: if its cluster may be harmed, add '
                f"--allow-context {self.context}"
            )
        if why := self._withheld():
            raise Misuse(why)

    def _still_permitted(self) -> str:
        """Read the namespace's label again: who takes it away wants no more harm."""
        try:
            return self._withheld()
        except Misuse as error:
            return str(error)

    def _withheld(self) -> str:
        """Say why the namespace may not be harmed; empty: its label says that it may. Raises Misuse: no answer."""
        name = self._cluster.namespace
        try:
            found = self._api.find(namespace(name))
        except ApiFailed as error:
            raise Misuse(f'the cluster of "{self.context}" does not answer: {error.reason}') from error
        if found is None:
            return f'there is no namespace {name} in "{self.context}": make it, and label it {ALLOWED}=true'
        if (found["metadata"].get("labels") or {}).get(ALLOWED) == "true":
            return ""
        return (
            f'the namespace {name} of "{self.context}" does not allow it: kubectl --context {self.context} '
            f"label namespace {name} {ALLOWED}=true"
        )
