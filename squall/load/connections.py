"""Which connection a user's request takes, and from which address. Imported only in the load process.

``new``: each user who comes connects; what one task asks shares that connection. ``kept``: all take whichever is idle,
the last used first, as one client with a pool does. A number: so many kept ones, which users take in turn.
"""

import socket
from collections.abc import Callable
from typing import Any

import gevent.socket  # type: ignore[import-untyped]
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool

from squall.load.arrival import Arrival, current
from squall.load.settings import KEPT, NEW

# Users of a system on this machine come from so many addresses of it: more ports, and not all led to one instance.
SOURCES = tuple(f"127.83.0.{number}" for number in range(1, 17))
_IP_BIND_ADDRESS_NO_PORT = 24
_LOOPBACK = "127."


class Shelf:
    """Connections that wait for their next request."""

    def __init__(self, most: float = float("inf")) -> None:
        self._most = most
        self._idle: list[gevent.socket.socket] = []

    def take(self, alive: Callable[[gevent.socket.socket], bool]) -> gevent.socket.socket | None:
        """Return the one that was used last and is still open."""
        while self._idle:
            if alive(found := self._idle.pop()):
                return found
            found.close()
        return None

    def put(self, connection: gevent.socket.socket) -> None:
        """Keep it, or close it if there is no room."""
        if len(self._idle) < self._most:
            self._idle.append(connection)
        else:
            connection.close()

    def clear(self) -> None:
        """Close all."""
        while self._idle:
            self._idle.pop().close()


class Shelves:
    """The shelf of each user towards one host, by what the system file says of connections."""

    def __init__(self, connections: str) -> None:
        self._new = connections == NEW
        self._shared = [Shelf()] if connections in {NEW, KEPT} else [Shelf(1) for _ in range(int(connections))]
        self._own: dict[Arrival, Shelf] = {}

    def of(self, user: Arrival | None) -> Shelf:
        """Return the shelf that a user's connections are kept on; what nobody who arrived uses is shared."""
        if user is None or not self._new:
            return self._shared[user.number % len(self._shared) if user else 0]
        if (shelf := self._own.get(user)) is None:
            shelf = self._own[user] = Shelf()
            user.closing.append(lambda: self._own.pop(user).clear())
        return shelf


def sources(address: str) -> tuple[str, ...]:
    """Return the addresses that users of a system at an address can come from; none: whichever the machine chooses."""
    if not (address == "localhost" or address.startswith(_LOOPBACK)):
        return ()
    with socket.socket() as trial:
        try:
            trial.bind((SOURCES[0], 0))
        except OSError:  # a machine on which only 127.0.0.1 is its own
            return ()
    return SOURCES


class _Shelved:
    """What both kinds of pools do otherwise than the client's own: connections are taken from a user's shelf."""

    shelves: Shelves
    sources: tuple[str, ...]

    def get_socket(self) -> gevent.socket.socket:
        alive: Callable[[gevent.socket.socket], bool] = self._is_socket_alive  # type: ignore[attr-defined]
        return self.shelves.of(current()).take(alive) or self._create_socket()  # type: ignore[attr-defined]

    def return_socket(self, sock: gevent.socket.socket) -> None:
        user = current()
        if user is not None and user.over:
            sock.close()
        else:
            self.shelves.of(user).put(sock)

    def release_socket(self, sock: gevent.socket.socket) -> None:
        sock.close()

    def _connect_socket(self, sock: gevent.socket.socket, address: Any) -> gevent.socket.socket:
        user = current()
        if user is not None and self.sources and str(address[0]).startswith(_LOOPBACK):
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((self.sources[user.number % len(self.sources)], 0))
        return super()._connect_socket(sock, address)  # type: ignore[misc]


class _Plain(_Shelved, ConnectionPool):
    pass


class _Secure(_Shelved, SSLConnectionPool):
    pass


class _Client(HTTPClient):
    """One attempt at each request: a second one behind our back would hide a failure from the record."""

    def __init__(self, *arguments: Any, shelves: Shelves, **options: Any) -> None:
        super().__init__(*arguments, **options)
        host, port = self.host, self.port or 0
        given: dict[str, Any] = {name: options[name] for name in ("connection_timeout", "network_timeout")}
        if self.ssl:
            trust: dict[str, Any] = {name: options[name] for name in ("ssl_context_factory", "insecure")}
            pool: _Plain | _Secure = _Secure(host, port, host, port, **trust, **given)
        else:
            pool = _Plain(host, port, host, port, **given)
        pool.shelves, pool.sources = shelves, sources(host)
        pool.size = -1  # the client tries so many times and once more
        self._connection_pool = pool


class Clients(HTTPClientPool):
    """The client of each host, for all users; ``options`` are those of geventhttpclient's client."""

    def __init__(self, connections: str, **options: Any) -> None:
        super().__init__(**options)
        self._connections = connections

    def get_client(self, url: Any) -> HTTPClient:
        """Return the client of a URL's host."""
        key = url.host, url.port
        if key not in self.clients:
            self.clients[key] = _Client.from_url(url, shelves=Shelves(self._connections), **self.client_args)
        return self.clients[key]
