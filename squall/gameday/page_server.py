"""The page of a drill: shows it to all who open it, and takes what they say. Starlette, in a thread of its own.

It listens on 127.0.0.1 unless told otherwise. Nothing is done by GET. What is said needs a token in the Authorization
header, which no other page can send for a person: there is no cookie. The Host must be one of this page's (no other
name that leads here, as in DNS rebinding), and the Origin this page itself. Texts of people reach the page as JSON, and
it writes them as text; the Content-Security-Policy lets no script run but its own.
"""

import hmac
import json
import os
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, Misuse
from squall.gameday.board import Board, SaidTooLate
from squall.gameday.course import Course
from squall.gameday.view import MAY, Role, Views
from squall.record.event import Said
from squall.waiting import until

try:
    import anyio
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route
except ImportError as error:  # pragma: no cover - what the extra brings
    raise Misuse(
        'the page of a drill needs Starlette and uvicorn: pip install "squall[gameday]", or --no-page'
    ) from error

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Bytes of what is said at most.
_MOST = 8192
_PORTS = 65535
_FRESH, _LOOK = 1.0, 0.2
_TYPES = {"page.html": "text/html; charset=utf-8", "page.css": "text/css; charset=utf-8",
          "page.js": "text/javascript; charset=utf-8"}  # fmt: skip
_POLICY = "; ".join([
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
    "form-action 'none'", "frame-ancestors 'none'",
])  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class _Saying(BaseModel):
    """The body of an action; ``number`` is the scenario that whoever speaks has before him."""

    model_config = ConfigDict(extra="forbid")

    said: Said
    who: str = Field(default="", max_length=200)
    text: str = Field(default="", max_length=4000)
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Who may do what on the page: each role has a token of its own."""

    conductor: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    responder: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def role(self, authorization: str) -> Role:
        """Return the role that a header proves."""
        given = authorization.removeprefix("Bearer ").encode()
        if hmac.compare_digest(given, self.conductor.encode()):
            return "conductor"
        return "responder" if hmac.compare_digest(given, self.responder.encode()) else "viewer"


class DrillPage:
    """The application; ``hosts`` are the names by which it may be called."""

    def __init__(self, board: Board, views: Views, tokens: Tokens, hosts: Collection[str] = LOOPBACK) -> None:
        self._board, self._views, self._tokens, self._hosts = board, views, tokens, frozenset(hosts)
        self.over = False
        routes = [
            Route("/", self._file("page.html")),
            Route("/page.css", self._file("page.css")),
            Route("/page.js", self._file("page.js")),
            Route("/events", self._events),
            Route("/say", self._say, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    def _file(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        content = files("squall.gameday").joinpath("page", name).read_bytes()

        async def give(request: Request) -> Response:
            return self._refused(request) or Response(content, media_type=_TYPES[name], headers=_HEADERS)

        return give

    async def _events(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        role = self._tokens.role(request.headers.get("authorization", ""))
        return StreamingResponse(self._stream(request, role), media_type="text/event-stream", headers=_HEADERS)

    async def _stream(self, request: Request, role: Role) -> AsyncIterator[bytes]:
        version, sent = -1, 0.0
        while True:
            now, closing = SYSTEM.now(), self.over
            if closing or now - sent >= _FRESH or (self._board.version != version and self._board.state != "running"):
                version, sent = self._board.version, now
                view = json.dumps(self._views.of(role), allow_nan=False, ensure_ascii=True)
                yield f"event: view\ndata: {view}\n\n".encode()
            if closing or await request.is_disconnected():
                return
            await anyio.sleep(_LOOK)

    async def _say(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        role = self._tokens.role(request.headers.get("authorization", ""))
        if role == "viewer":
            return _answer(401, "this needs the token of the drill: open the page by the address that was printed")
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _answer(415, "what is said is JSON")
        try:
            saying = _Saying.model_validate_json(await _body(request))
        except (ValidationError, OverflowError):
            return _answer(400, f"not understood: say one of {', '.join(get_args(Said))}, in {_MOST} bytes at most")
        if saying.said not in MAY[role]:
            return _answer(403, f"a {role} does not say {saying.said.upper()}")
        try:
            # In a thread: the board is locked, and its log is on disk.
            await anyio.to_thread.run_sync(self._board.say, saying.said, saying.who, saying.text, saying.number)
        except SaidTooLate as error:
            return _answer(409, str(error))
        except Misuse as error:
            return _answer(422, str(error))
        return JSONResponse({"heard": saying.said}, headers=_HEADERS)

    def _refused(self, request: Request) -> Response | None:
        """Refuse who calls this page by another name, or from another page."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if _name(host) not in self._hosts:
            return _answer(421, "this page is not called by that name (squall gameday --page-host)")
        if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
            return _answer(403, "another page may not do this")
        return None


class PageServer:
    """Serves the page of a drill from a thread, at an address that is free."""

    def __init__(self, page: DrillPage, views: Views, host: str, port: int) -> None:
        self._page, self._views = page, views
        try:
            self._socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise Misuse(
                f"serving the page of the drill on {host}:{port}: {why}; name another --listen, or --no-page"
            ) from error
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(page.app, log_level="critical", access_log=False, timeout_graceful_shutdown=3,
                                server_header=False, lifespan="off")  # fmt: skip
        self._server = uvicorn.Server(config)
        self._over = threading.Event()
        serve = partial(self._server.run, [self._socket])
        self._threads = [
            threading.Thread(target=each, name="squall-page", daemon=True) for each in (serve, self._rounds)
        ]

    def start(self) -> None:
        """Serve from now on."""
        for thread in self._threads:
            thread.start()
        until("serving the page of the drill", lambda: self._server.started, within=20, error=HarnessFailed)

    def stop(self) -> None:
        """Give all who look the last view, and end."""
        self._page.over = True
        self._over.set()
        self._server.should_exit = True
        for thread in self._threads:
            thread.join(timeout=10)
        with suppress(OSError):
            self._socket.close()

    def _rounds(self) -> None:
        while not self._over.wait(_FRESH):
            self._views.look()


@contextmanager
def serving(course: Course, listen: str, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[None]:
    """Serve the page of a drill while the block runs; ``names`` are other names of its host.

    Raises:
        Misuse: it cannot be served there.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _PORTS:
        raise Misuse(f"--listen {listen}: write HOST:PORT, for instance 127.0.0.1:8710")
    tokens, views = Tokens(), Views(course)
    everywhere = host in {"0.0.0.0", "[::]"}  # noqa: S104 - compared, not bound
    hosts = {*LOOPBACK, *names, *(() if everywhere else (host,))}
    server = PageServer(DrillPage(course.board, views, tokens, hosts), views, host.strip("[]"), int(port))
    server.start()
    address = f"http://{names[0] if names else host}:{server.port}/"
    tell(f"conduct it:  {address}#token={tokens.conductor}")
    tell(f"respond:     {address}#token={tokens.responder}")
    if host not in LOOPBACK:
        tell("what is said to the page crosses the network unencrypted; a tunnel does not (ssh -L)")
    try:
        yield
    finally:
        server.stop()


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST:
            raise OverflowError
    return body


def _answer(status: int, text: str) -> Response:
    return JSONResponse({"refused": text}, status_code=status, headers=_HEADERS)


def _name(host: str) -> str:
    """Return the name of a Host header, without its port."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
