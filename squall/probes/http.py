"""One GET over one connection, no more: HTTP/1.1 over TCP or TLS, bodies read and thrown away.

The prober needs to say which connection a request takes and to see every failure; clients with a pool decide the
first for themselves and repeat a failed GET without telling. No redirects, no compression, no second attempts.
"""

import asyncio
import ssl
from dataclasses import dataclass
from http.client import HTTPException
from typing import Self
from urllib.parse import urlsplit

from squall.load.run_header import run_header
from squall.tls import context

USER_AGENT = "squall-prober"
_LIMIT = 1 << 20


class NotHttp(HTTPException):
    """The answer is not HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect, and what to ask there. The name is resolved once; its addresses are tried in their order."""

    addresses: tuple[str, ...]
    port: int
    name: str
    host: str
    target: str
    tls: ssl.SSLContext | None
    run: str = ""

    @classmethod
    async def of(cls, url: str, run: str = "", tls: ssl.SSLContext | None = None) -> Self:
        """Resolve a URL; ``run`` is named in each request; one of https is verified as ``tls`` says, or by the machine.

        Raises:
            OSError: its name has no address.
        """
        parts = urlsplit(url)
        name, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=1)
        addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(addresses, port, name, parts.netloc.rpartition("@")[2], target,
                   (tls or context()) if secure else None, run)  # fmt: skip

    def request(self, *, keep: bool) -> bytes:
        """Return the request, for a connection that is to be kept or not."""
        close = "" if keep else "Connection: close\r\n"
        run = "".join(f"{name}: {value}\r\n" for name, value in run_header(self.run).items())
        return (f"GET {self.target} HTTP/1.1\r\nHost: {self.host}\r\nUser-Agent: {USER_AGENT}\r\n"
                f"Accept: */*\r\n{run}{close}\r\n").encode()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer came: its status, who says to have given it, and whether the connection can be used again."""

    status: int
    instance: str
    keep: bool


class Connection:
    """A connection. Not for two requests at once; after an error or a cancelled ``get`` only ``drop`` is of use."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, endpoint: Endpoint) -> Self:
        """Connect to the first address that lets us.

        Raises:
            OSError: none does; it is what the first of them said.
        """
        name = endpoint.name if endpoint.tls else None
        first: OSError | None = None
        for address in endpoint.addresses:
            try:
                streams = await asyncio.open_connection(address, endpoint.port, ssl=endpoint.tls, server_hostname=name)
            except OSError as error:
                first = first or error
            else:
                return cls(*streams)
        raise first or OSError(f"{endpoint.name} has no address")

    @property
    def broken(self) -> bool:
        """Whether the other side is known to have closed it."""
        return self._writer.is_closing() or self._reader.at_eof() or self._reader.exception() is not None

    async def get(self, request: bytes) -> Answer:
        """Send the request and read the whole answer.

        Raises:
            OSError, EOFError, NotHttp: there was none.
        """
        self._writer.write(request)
        while True:
            status, fields = parse_head(await self._until(b"\r\n\r\n"))
            if status >= 200:
                break
        whole = await self._body(status, fields)
        keep = whole and fields.get("connection", "").lower() != "close"
        return Answer(status, fields.get("x-instance", ""), keep)

    def drop(self) -> None:
        """Close it at once."""
        self._writer.transport.abort()

    async def _until(self, end: bytes) -> bytes:
        try:
            return await self._reader.readuntil(end)
        except asyncio.LimitOverrunError as error:
            raise NotHttp("a line or a head without an end") from error

    async def _body(self, status: int, fields: dict[str, str]) -> bool:
        """Read the body; return whether its end shows without the end of the connection."""
        if status in (204, 304):
            return True
        if "chunked" in fields.get("transfer-encoding", "").lower():
            await self._chunks()
            return True
        if "content-length" in fields:
            await self._pass(_number(fields["content-length"], 10))
            return True
        while await self._reader.read(_LIMIT):
            pass
        return False

    async def _chunks(self) -> None:
        while size := _number((await self._until(b"\r\n")).split(b";")[0].decode("latin-1"), 16):
            await self._pass(size + 2)
        while await self._until(b"\r\n") != b"\r\n":
            pass

    async def _pass(self, size: int) -> None:
        while size > 0:
            read = await self._reader.read(min(size, _LIMIT))
            if not read:
                raise EOFError("the answer was cut off")
            size -= len(read)


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return status and fields (names in lower case) of an answer's head.

    Raises:
        NotHttp: it is none.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise NotHttp(f"not an answer: {first[:60]!r}")
    fields = (line.partition(":") for line in lines if line)
    keep = {"connection": "close"} if version == "HTTP/1.0" else {}
    return int(rest[:3]), keep | {name.strip().lower(): value.strip() for name, _, value in fields}


def _number(text: str, base: int) -> int:
    try:
        return int(text.strip(), base)
    except ValueError as error:
        raise NotHttp(f"not a length: {text[:20]!r}") from error
