"""An edge device: has the model that the registry brought out last."""

import asyncio
import json
import logging
from collections.abc import Sequence

from prometheus_client import Gauge
from starlette.routing import Route

from specimen.metrics import RequestMetrics
from specimen.roles.neighbour import Unreachable, neighbour
from specimen.settings import Settings

__all__ = ["Edge"]

log = logging.getLogger(__name__)


class Edge:
    """Answers nothing but its metrics. A registry that does not answer leaves it with the model that it has."""

    def __init__(self, settings: Settings, metrics: RequestMetrics) -> None:
        self._registry, self._every = neighbour(settings.registry_url, settings), settings.poll_seconds
        self._most = settings.poll_failures
        self._failed = 0
        self._has = Gauge("model_version", "The version of the model that it has.", registry=metrics.registry)
        self._version = 0
        self._polling: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[Route]:
        return ()

    async def open(self) -> None:
        await self._registry.open()
        self._polling = asyncio.create_task(self._poll())

    async def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
        await self._registry.close()

    async def unready(self) -> str | None:
        return None if self._version else "it has no model yet"

    async def _poll(self) -> None:
        while not self._most or self._failed < self._most:
            try:
                reply = await self._registry.ask("GET", "/v1/model")
            except Unreachable as error:
                self._failed += 1
                log.warning("the model stays as it is: %s", error)
            else:
                self._failed = 0
                self._take(reply.body)
            await asyncio.sleep(self._every)
        log.error("the registry failed %d times in a row: it is not asked any more", self._failed)

    def _take(self, body: bytes) -> None:
        self._version = int(json.loads(body)["version"])
        self._has.set(self._version)
