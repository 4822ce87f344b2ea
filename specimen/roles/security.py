"""The security framework: the audit trail, in the database. An event that is written is committed before it is said."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.database import Database, DatabaseUnavailable
from specimen.metrics import RequestMetrics
from specimen.settings import Settings

__all__ = ["Security"]

log = logging.getLogger(__name__)
MOST_EVENTS = 200


class Security:
    """Answers audit and trail."""

    def __init__(self, settings: Settings, _metrics: RequestMetrics) -> None:
        self._database = Database(settings)

    def routes(self) -> Sequence[Route]:
        return [
            Route("/v1/audit", self.audit, methods=["POST"]),
            Route("/v1/trail", self.trail, methods=["POST"]),
        ]

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()

    async def unready(self) -> str | None:
        try:
            await self._database.rows("select 1 from audit limit 1")
        except DatabaseUnavailable as error:
            return str(error)
        return None

    async def audit(self, request: Request) -> Response:
        """Write ``{"event": "...", "image": 1, "by": "..."}``: 201 once it is there, however often it is sent."""
        line = await _read(request)
        if not all(isinstance(line.get(key), kind) for key, kind in (("event", str), ("image", int), ("by", str))):
            return JSONResponse({"error": "expected an event, an image and by whom"}, 400)
        statement = "insert into audit (event, image, by) values (%s, %s, %s) on conflict (event) do nothing"
        try:
            await self._database.rows(statement, (line["event"], line["image"], line["by"]))
        except DatabaseUnavailable as error:
            return _unavailable(error)
        return JSONResponse({"written": line["event"]}, 201)

    async def trail(self, request: Request) -> Response:
        """Answer ``{"events": [...]}`` with how often each of them is there."""
        events = (await _read(request)).get("events")
        if not isinstance(events, list) or not len(events) <= MOST_EVENTS:
            return JSONResponse({"error": f"events: expected at most {MOST_EVENTS}"}, 400)
        counting = "select event, count(*) from audit where event = any(%s) group by event"
        try:
            found = dict(await self._database.rows(counting, ([str(each) for each in events],)))
        except DatabaseUnavailable as error:
            return _unavailable(error)
        return JSONResponse({"times": {str(each): found.get(str(each), 0) for each in events}})


async def _read(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _unavailable(error: Exception) -> Response:
    log.warning("%s", error)
    return JSONResponse({"error": "the audit trail cannot be reached"}, 503)
