"""A small real HTTP server in a thread, that can be made to answer badly; runs alone too, for benchmarks.

It answers at once, with its port as ``x-instance``; ``hold`` keeps answers back until ``release``; ``status`` is what
it answers, and ``/moved`` leads to ``/``; ``short`` sends less of a ``body`` than it promises;
``bad_paths`` answer 503; ``hang_up`` closes
connections instead of answering. It counts what it saw.
"""

import asyncio
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Self


class Server:
    """Listens on a free port of 127.0.0.1 while its ``with`` block lasts."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.status = 200
        self.hang_up = False
        self.short = False
        self.body = b"ok"
        self.bad_paths: set[str] = set()
        self.peers: Counter[str] = Counter()
        self.chunked = False
        self.held = False
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []
        self.news = threading.Condition()
        self.connections = 0
        self.seen: Counter[str] = Counter()
        self.port = 0
        self._waiting: list[Callable[[], None]] = []
        self._open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.run_until_complete(asyncio.sleep(0))
        for transport in self._open:
            transport.abort()
        self._server.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, ssl=self._tls, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]

    def hold(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False
        self._loop.call_soon_threadsafe(self._answer_waiting)

    def wait_for(self, more: int) -> None:
        """Return when that many more requests have come."""
        self.wait_until(len(self.requests) + more)

    def wait_until(self, count: int) -> None:
        """Return when that many requests have come in all."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.requests) >= count, 60)

    def _answer_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer()

    def take(self, head: bytes, body: bytes, answer: Callable[[], None]) -> None:
        with self.news:
            self.requests.append(head)
            self.bodies.append(body)
            self.news.notify_all()
        self.seen[head.split(b" ", 2)[1].decode()] += 1
        if self.held:
            self._waiting.append(answer)
        else:
            answer()


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections += 1
        self._server.peers[transport.get_extra_info("peername")[0]] += 1
        self._server._open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server._open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = _length(head)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            close = b"connection: close" in head.lower()
            self._server.take(head, rest[:length], lambda close=close, head=head: self._answer(close, head))  # type: ignore[misc]

    def _answer(self, close: bool, head: bytes) -> None:
        if self._server.hang_up:
            self._transport.close()
            return
        path = head.split(b" ", 2)[1].decode()
        moved = path == "/moved"
        status = 302 if moved else 503 if path in self._server.bad_paths else self._server.status
        fields = f"HTTP/1.1 {status} So\r\nX-Instance: {self._server.port}\r\n"
        fields += "Location: /\r\n" if moved else ""
        fields += "Connection: close\r\n" if close else ""
        if status == 304:
            self._transport.write(f"{fields}\r\n".encode())
        elif self._server.short:
            self._transport.write(f"{fields}Content-Length: 20\r\n\r\nok".encode())
            self._transport.close()
        elif self._server.chunked:
            self._transport.write(f"{fields}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".encode())
        else:
            body = self._server.body
            self._transport.write(f"{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        if close:
            self._transport.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _alone() -> None:
    server = Server()
    await server.listen()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_alone())
