"""What a role has to offer, and how it is put behind the endpoints that every instance has."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.lifecycle import Life
from specimen.metrics import RequestMetrics

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
        self._role, self._life, self._metrics = role, life, metrics
        self._own = role.routes()
        self.paths = frozenset({"/health", "/ready", "/metrics", *(route.path for route in self._own)})

    def application(self) -> Starlette:
        """Return them as an application that opens and closes the role."""
        own = [Route("/health", self.health), Route("/ready", self.ready), Route("/metrics", self.metrics)]
        return Starlette(routes=[*self._own, *own], lifespan=self._lifespan)

    async def health(self, _: Request) -> Response:
        """Tell that the process works."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _: Request) -> Response:
        """Tell whether requests should come here: 200 or 503 with the reason."""
        reason = await self._unready()
        self._metrics.readiness(reason is None)
        return JSONResponse({"ready": True}) if reason is None else JSONResponse({"ready": False, "why": reason}, 503)

    async def metrics(self, _: Request) -> Response:
        """Return the figures for Prometheus."""
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4")

    async def _unready(self) -> str | None:
        if self._life.draining:
            return "draining"
        return await self._role.unready() if self._life.warm else "the model is warming up"

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self._role.open()
        try:
            yield
        finally:
            await self._role.close()
