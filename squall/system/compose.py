"""``platforms.compose`` of a system file as typed values: the system as containers of one Docker host."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from squall.system.alerts import Alertmanager
from squall.system.stores import ContainerStore
from squall.system.strict import Strict
from squall.units import Duration

ComposeName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class Container(Strict):
    """A service by the name that the compose file has for it.

    ``metrics`` is the port of its gauges inside the container; without it that of the users, if they reach it.
    """

    service: ComposeName
    metrics: Port | None = None


class Users(Strict):
    """The service that users reach, and its port inside the container; on this machine a free port leads there."""

    service: str
    port: Port


class Compose(Strict):
    """The system as a compose file (paths are from the system's folder) of which each run has a project of its own.

    ``stores`` says how squall reaches those of the services that are databases or caches. A weakness is a second
    compose file that is laid over the first. ``alertmanager`` is where alerts are silenced while a run goes on.
    """

    file: Path
    users: Users
    services: Mapping[str, Container]
    stores: Mapping[str, ContainerStore] = {}
    weaknesses: Mapping[str, Path] = {}
    ready_within: Duration = 60.0
    alertmanager: Alertmanager | None = None

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what cannot mean anything, and where."""
        if self.users.service not in self.services:
            yield ("users", "service"), f'"{self.users.service}" is none of the services'
        for name in self.stores.keys() - self.services.keys():
            yield ("stores", name), "is none of the services"
        known: dict[str, str] = {}
        for name, container in self.services.items():
            if (other := known.setdefault(container.service, name)) != name:
                yield ("services", name, "service"), f"{container.service} is {other} already"
