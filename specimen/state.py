"""What the platform asks of every instance: whether it works, whether requests should come to it, and its figures."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.lifecycle import Life
from specimen.metrics import RequestMetrics

__all__ = ["StateEndpoints"]


def _nothing() -> None:
    """Read nothing anew."""


class StateEndpoints:
    """/health, /ready and /metrics of one instance.

    ``unready`` says why a warm instance should get no requests (None: it should); ``refresh`` reads figures that are
    not counted as they come, before they are told.
    """

    def __init__(
        self,
        life: Life,
        metrics: RequestMetrics,
        unready: Callable[[], Awaitable[str | None]],
        refresh: Callable[[], None] = _nothing,
    ) -> None:
        self._life, self._metrics, self._neighbours, self._refresh = life, metrics, unready, refresh

    def routes(self) -> Sequence[Route]:
        """Return their routes."""
        return [Route("/health", self.health), Route("/ready", self.ready), Route("/metrics", self.metrics)]

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
        self._refresh()
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4")

    async def _unready(self) -> str | None:
        if self._life.draining:
            return "draining"
        return await self._neighbours() if self._life.warm else "the model is warming up"
