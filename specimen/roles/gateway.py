"""The gateway: what users ask. It gathers a finding, a second opinion and a line in the audit trail."""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from specimen.metrics import RequestMetrics
from specimen.roles.neighbour import Reply, Unreachable, neighbour
from specimen.settings import Settings

__all__ = ["Gateway"]

log = logging.getLogger(__name__)
# All that it asks for may be repeated: events bear a name, and everything else only reads.
ATTEMPTS = 3


class Gateway:
    """Answers detect, compare and trail."""

    def __init__(self, settings: Settings, _metrics: RequestMetrics) -> None:
        self._instance, self._waits_for_audit = settings.instance, settings.audit == "before"
        self._optimizer = neighbour(settings.optimizer_url, settings, ATTEMPTS)
        self._recovery = neighbour(settings.recovery_url, settings)
        self._security = neighbour(settings.security_url, settings, ATTEMPTS if self._waits_for_audit else 1)
        self._later: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[Route]:
        return [
            Route("/v1/detect", self.detect, methods=["POST"]),
            Route("/v1/compare", self.compare),
            Route("/v1/trail", self.trail, methods=["POST"]),
        ]

    async def open(self) -> None:
        for each in (self._optimizer, self._recovery, self._security):
            await each.open()

    async def close(self) -> None:
        for each in (self._optimizer, self._recovery, self._security):
            await each.close()

    async def unready(self) -> str | None:
        return None

    async def detect(self, request: Request) -> Response:
        """Answer ``{"event": "...", "image": 1}`` with a finding; ``x-opinion: own`` where nobody else was asked."""
        asked = await _object(request)
        if asked is None or not isinstance(asked.get("image"), int) or not isinstance(asked.get("event"), str):
            return JSONResponse({"error": "expected an object with an event and the number of an image"}, 400)
        image, event = asked["image"], asked["event"]
        try:
            finding, opinion = await asyncio.gather(
                self._optimizer.ask("GET", f"/v1/finding?image={image}"), self._opinion(image)
            )
            await self._audited(event, image)
        except Unreachable as error:
            log.warning("no answer: %s", error)
            return JSONResponse({"error": "try again"}, 503, {"retry-after": "1"})
        if finding.status != 200:
            return _passed_on(finding)
        said = {"finding": json.loads(finding.body), "opinion": opinion}
        return JSONResponse(said, headers={"x-opinion": "own" if opinion is None else "second"})

    async def compare(self, request: Request) -> Response:
        """Pass a comparison of two images on to where images are."""
        return await self._pass(self._optimizer.ask("GET", f"/v1/compare?{request.url.query}"))

    async def trail(self, request: Request) -> Response:
        """Pass on ``{"events": [...]}``: how often each of them stands in the audit trail."""
        return await self._pass(self._security.ask("POST", "/v1/trail", await _object(request)))

    async def _opinion(self, image: int) -> object:
        """Return a second opinion; None: nobody has one now, and the finding goes without."""
        try:
            reply = await self._recovery.ask("GET", f"/v1/opinion?image={image}")
        except Unreachable:
            return None
        return json.loads(reply.body).get("opinion") if reply.status == 200 else None

    async def _audited(self, event: str, image: int) -> None:
        if self._waits_for_audit:
            await self._write(event, image)
            return
        task = asyncio.create_task(self._written_later(event, image))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _written_later(self, event: str, image: int) -> None:
        try:
            await self._write(event, image)
        except Unreachable as error:
            log.warning("not in the audit trail: %s: %s", event, error)

    async def _write(self, event: str, image: int) -> None:
        line = {"event": event, "image": image, "by": self._instance}
        reply = await self._security.ask("POST", "/v1/audit", line)
        if reply.status != 201:
            raise Unreachable(f"the audit trail refuses it: HTTP {reply.status}")

    async def _pass(self, asking: Any) -> Response:
        try:
            return _passed_on(await asking)
        except Unreachable as error:
            log.warning("no answer: %s", error)
            return JSONResponse({"error": "try again"}, 503, {"retry-after": "1"})


def _passed_on(reply: Reply) -> Response:
    return Response(reply.body, reply.status, media_type="application/json")


async def _object(request: Request) -> dict[str, Any] | None:
    """Return the JSON object that a request brings; None: it brings none."""
    try:
        found = json.loads(await request.body())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
