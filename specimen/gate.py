"""What every request passes before and after the API: who answered, whether it may, and how long it took.

Plain ASGI: Starlette's own middleware would start a task for each request.
"""

import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from starlette.responses import JSONResponse, Response

from specimen.lifecycle import Clock, Life
from specimen.metrics import RequestMetrics

__all__ = ["API", "ErrorShare", "Gate"]

API = "/v1/"
PATHS = frozenset({"/v1/rerank", "/v1/similarity", "/v1/batch", "/health", "/ready", "/metrics"})

# ASGI's own types (PEP 544 leaves messages as open mappings).
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class ErrorShare:
    """The weakness that fails a share of the answers, spread evenly: of 100 at 5 % exactly 5 fail."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._owed = 0.0

    def due(self) -> bool:
        """Tell whether the next answer is one that fails."""
        self._owed += self._share
        if self._owed < 1 - 1e-9:
            return False
        self._owed -= 1
        return True


class Gate:
    """The application as the server sees it."""

    def __init__(
        self, app: App, life: Life, instance: str, errors: ErrorShare, metrics: RequestMetrics,
        clock: Clock = time.monotonic, paths: Collection[str] = PATHS,
    ) -> None:  # fmt: skip
        self._app = app
        self._life = life
        self._instance = instance.encode("latin-1")
        self._errors = errors
        self._metrics = metrics
        self._clock = clock
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, began, status = str(scope["path"]), self._clock(), 500

        async def signed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._signature()]
            await send(message)

        try:
            await (self._refusal(path) or self._app)(scope, receive, signed)
        finally:
            self._metrics.answered(path if path in self._paths else "other", status, self._clock() - began)

    def _refusal(self, path: str) -> Response | None:
        if not path.startswith(API):
            return None
        self._life.asked()
        if not self._life.warm:
            return JSONResponse({"error": "the model is warming up"}, 503, {"retry-after": "1"})
        if self._errors.due():
            return JSONResponse({"error": "internal error"}, 500)
        return None

    def _signature(self) -> list[tuple[bytes, bytes]]:
        signature = [(b"x-instance", self._instance)]
        if self._life.draining:
            # Whoever keeps connections open is sent away between two requests and not in the middle of one.
            signature.append((b"connection", b"close"))
        return signature
