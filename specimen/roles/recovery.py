"""Error recovery: the way to an external service, behind a circuit breaker."""

import json
import logging
from collections.abc import Sequence

from circuitbreaker import CircuitBreaker, CircuitBreakerError
from prometheus_client import Gauge
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.metrics import RequestMetrics
from specimen.roles.neighbour import Reply, Unreachable, neighbour
from specimen.settings import Settings

__all__ = ["Recovery"]

log = logging.getLogger(__name__)


class Recovery:
    """Answers opinion: what the external service says, or at once that it says nothing."""

    def __init__(self, settings: Settings, metrics: RequestMetrics) -> None:
        self._external = neighbour(settings.external_url, settings)
        breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_rest_seconds, Unreachable, "external")
        self._ask = breaker(self._asked)
        opened = Gauge("breaker_open", "1 while the external service is left alone.", registry=metrics.registry)
        opened.set_function(lambda: float(breaker.opened))

    def routes(self) -> Sequence[Route]:
        return [Route("/v1/opinion", self.opinion)]

    async def open(self) -> None:
        await self._external.open()

    async def close(self) -> None:
        await self._external.close()

    async def unready(self) -> str | None:
        return None

    async def opinion(self, request: Request) -> Response:
        """Answer ``{"opinion": ...}``; of null where the external service has none."""
        try:
            reply = await self._ask(f"/v1/opinion?{request.url.query}")
        except CircuitBreakerError:
            return JSONResponse({"opinion": None})
        except Unreachable as error:
            log.warning("no opinion: %s", error)
            return JSONResponse({"opinion": None})
        return JSONResponse({"opinion": json.loads(reply.body).get("opinion") if reply.status == 200 else None})

    async def _asked(self, path: str) -> Reply:
        return await self._external.ask("GET", path)
