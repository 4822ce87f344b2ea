"""How stores are reached, as a system file says it: for harms to databases and caches."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from squall.system.strict import Strict, Variable

# What a sentence calls a queue, and the list (Valkey) or table (PostgreSQL) that holds it.
QueueName = Annotated[str, Field(pattern=r'^[^\s"]([^"\n]*[^\s"])?$')]
QueueKey = Annotated[str, Field(min_length=1)]

# What a store speaks; Redis speaks as Valkey does.
StoreKind = Literal["postgres", "valkey"]
PORTS: Mapping[StoreKind, int] = {"postgres": 5432, "valkey": 6379}
KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]


class Login(Strict):
    """As whom a store is logged in to. The password is never here, only where it is.

    It is the ``key`` of a Secret of the system's namespace, or a ``variable`` of squall's own environment; without
    either there is none.
    """

    user: str = ""
    secret: KubernetesName | None = None
    key: str = "password"
    variable: Variable | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.secret is not None and self.variable is not None:
            raise ValueError("the password is in a secret or in a variable, not in both")
        return self


class ReachedStore(Strict):
    """A store that others run: its port where it runs, and as whom it is entered.

    ``login`` is squall's own: for PostgreSQL a superuser's. ``application`` is that of the services that use the store.
    Only a ``disposable`` store's data is ever harmed. ``queues`` are lists or tables in it, from which others take.
    """

    kind: StoreKind
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    database: str = "postgres"
    login: Login = Login()
    application: Login | None = None
    disposable: bool = False
    queues: Mapping[QueueName, QueueKey] = {}

    @property
    def listens(self) -> int:
        """The port: its own, or the usual one of its kind."""
        return self.port or PORTS[self.kind]


class ClusterStore(ReachedStore):
    """A store in a cluster; squall reaches its Kubernetes ``service`` through a port-forward."""

    service: KubernetesName


class ContainerStore(ReachedStore):
    """A store in a container; for a run's time a free port of 127.0.0.1 leads to it.

    There are no Secrets here: passwords are in variables of squall's environment.
    """

    @model_validator(mode="after")
    def _without_secrets(self) -> Self:
        if any(login is not None and login.secret is not None for login in (self.login, self.application)):
            raise ValueError("a secret is in a cluster: name a variable of squall's environment")
        return self
