"""How stores are reached, as a system file says it: for harms to databases and caches."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from squall.strict import Strict

# What a sentence calls a queue, and the list (Valkey) or table (PostgreSQL) that holds it.
QueueName = Annotated[str, Field(pattern=r'^[^\s"]([^"\n]*[^\s"])?$')]
QueueKey = Annotated[str, Field(min_length=1)]

# What a store speaks; Redis speaks as Valkey does.
StoreKind = Literal["postgres", "valkey"]
KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]


class Login(Strict):
    """As whom a store is logged in to. The password never stands here, only where it is.

    It is the ``key`` of a Secret of the system's namespace, or a ``variable`` of squall's own environment; without
    either there is none.
    """

    user: str = ""
    secret: KubernetesName | None = None
    key: str = "password"
    variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.secret is not None and self.variable is not None:
            raise ValueError("the password is in a secret or in a variable, not in both")
        return self


class ClusterStore(Strict):
    """A store in a cluster: the Kubernetes Service and port by which squall reaches it, through a port-forward.

    ``login`` is squall's own: for PostgreSQL a superuser's. ``application`` is that of the services that use the store.
    Only a ``disposable`` store's data is ever harmed. ``queues`` are lists or tables in it, from which others take.
    """

    kind: StoreKind
    service: KubernetesName
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    database: str = "postgres"
    login: Login = Login()
    application: Login | None = None
    disposable: bool = False
    queues: Mapping[QueueName, QueueKey] = {}
