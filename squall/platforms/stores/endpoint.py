"""How a store is reached, as data without a secret: it goes to the undo log, and to the store's worker."""

import hashlib
from collections.abc import Mapping

from pydantic import AliasChoices

from squall.system.cluster import Cluster
from squall.system.compose import Compose
from squall.system.stores import ClusterStore, KubernetesName, Login, QueueKey, QueueName, ReachedStore, StoreKind
from squall.system.strict import Strict
from squall.system.system import System

# PostgreSQL cuts the name of a session's application to this length.
LONGEST_TAG = 63
# The keys of both passwords in the Secret that keeps them for a rotation. They are read where they are used.
OLD, NEW = "old", "new"
# The file of a run's folder that has the password of the stores which squall started.
STORE_CREDENTIAL = "store-password"
# The variable by which a worker is told of the copy of the kubeconfig that its run keeps to.
KUBECONFIG_COPY = "SQUALL_KUBECONFIG_COPY"
# How the arguments of an undo name a store: older undo logs and copies of Secrets say ``door``.
ENDPOINT_KEYS = AliasChoices("endpoint", "door")


def sent_endpoint(said: Mapping[str, object]) -> object:
    """Return the store that the arguments of an undo name; None: they name none."""
    return said.get("endpoint", said.get("door"))


class Loopback(Strict):
    """A port of this machine; ``folder`` is where the store's run keeps its files: without it the store is gone.

    A store that squall itself started has a password of the run's, in a file there.
    """

    port: int
    folder: str = ""


class Forwarded(Strict):
    """A port of a Kubernetes Service, reached by a port-forward of kubectl's."""

    context: str
    kubeconfig: str | None
    namespace: KubernetesName
    service: KubernetesName
    port: int


class StoreEndpoint(Strict):
    """A store of a system: what it speaks, where it is, and as whom it is entered.

    ``login`` is squall's own, ``application`` that of the services that use the store; None if nobody said it.
    """

    service: str
    kind: StoreKind
    place: Loopback | Forwarded
    database: str = "postgres"
    login: Login = Login()
    application: Login | None = None
    disposable: bool = False
    queues: Mapping[QueueName, QueueKey] = {}

    def is_said_by(self, system: System) -> bool:
        """Whether a system file says of this store where it is and as whom it is entered."""
        for section in system.platforms.sections().values():
            store = getattr(section, "stores", {}).get(self.service)
            if not isinstance(store, ReachedStore) or (store.login, store.application) != (
                self.login,
                self.application,
            ):
                continue
            if isinstance(self.place, Loopback):
                return isinstance(section, Compose)
            if isinstance(section, Cluster) and isinstance(store, ClusterStore):
                return (section.namespace, store.service) == (self.place.namespace, self.place.service)
        return False


def endpoint_of(service: str, store: ReachedStore, place: Loopback | Forwarded) -> StoreEndpoint:
    """Return the endpoint, at a place, of a store as a system file says it of one that others run."""
    return StoreEndpoint(
        service=service, kind=store.kind, place=place, database=store.database, login=store.login,
        application=store.application, disposable=store.disposable, queues=store.queues,
    )  # fmt: skip


def tag(run: str) -> str:
    """Return the name by which a store knows all that a run has there; one that is too long ends in a digest."""
    name = f"squall/{run}"
    if len(name) <= LONGEST_TAG:
        return name
    digest = hashlib.sha256(run.encode()).hexdigest()[:10]
    return f"{name[: LONGEST_TAG - 11]}-{digest}"
