"""The model registry: brings out a model now and then, and says which is the newest."""

import asyncio
import logging
from collections.abc import Sequence

from prometheus_client import Gauge
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.database import Database, DatabaseUnavailable
from specimen.metrics import RequestMetrics
from specimen.settings import Settings

__all__ = ["Registry"]

log = logging.getLogger(__name__)


class Registry:
    """Answers model."""

    def __init__(self, settings: Settings, metrics: RequestMetrics) -> None:
        self._database, self._every = Database(settings), settings.publish_seconds
        self._newest = Gauge("model_version", "The version of the newest model.", registry=metrics.registry)
        self._publishing: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[Route]:
        return [Route("/v1/model", self.model)]

    async def open(self) -> None:
        await self._database.open()
        self._publishing = asyncio.create_task(self._publish())

    async def close(self) -> None:
        if self._publishing is not None:
            self._publishing.cancel()
        await self._database.close()

    async def unready(self) -> str | None:
        try:
            await self._newest_version()
        except DatabaseUnavailable as error:
            return str(error)
        return None

    async def model(self, _: Request) -> Response:
        """Answer ``{"version": 1}``."""
        try:
            return JSONResponse({"version": await self._newest_version()})
        except DatabaseUnavailable as error:
            log.warning("%s", error)
            return JSONResponse({"error": "the models cannot be read"}, 503)

    async def _newest_version(self) -> int:
        found = await self._database.rows("select coalesce(max(version), 0)::int from model")
        self._newest.set(found[0][0])
        return int(found[0][0])

    async def _publish(self) -> None:
        while True:
            try:
                await self._database.rows("insert into model default values")
                await self._newest_version()
            except DatabaseUnavailable as error:
                log.warning("no model was brought out: %s", error)
            await asyncio.sleep(self._every)
