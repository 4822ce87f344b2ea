"""What a role has to offer, and how it is put behind the endpoints that every instance has."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.routing import Route

from specimen.lifecycle import Life
from specimen.metrics import RequestMetrics
from specimen.state import StateEndpoints

__all__ = ["Endpoints", "Role"]


class Role(Protocol):
    """One role of an instance; it is opened before use and closed after."""

    def routes(self) -> Sequence[Route]:
        """Return what it answers, below /v1/."""
        ...

    async def open(self) -> None:
        """Begin to work, without waiting for neighbours."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...

    async def unready(self) -> str | None:
        """Say why no requests should come here; None: they should."""
        ...


class Endpoints:
    """A role behind /health, /ready and /metrics."""

    def __init__(self, role: Role, life: Life, metrics: RequestMetrics) -> None:
        self._role = role
        self._routes = [*role.routes(), *StateEndpoints(life, metrics, role.unready).routes()]
        self.paths = frozenset(route.path for route in self._routes)

    def application(self) -> Starlette:
        """Return them as an application that opens and closes the role."""
        return Starlette(routes=self._routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self._role.open()
        try:
            yield
        finally:
            await self._role.close()
