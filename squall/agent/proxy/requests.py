"""Where requests of HTTP/1.1 begin and end in what a client sends (RFC 9112). Pure.

Only that: what it cannot follow it calls opaque, and it is passed on as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What the agent asks when nobody else does. Any server answers it somehow: one that speaks no HTTP by an error of its
# own, or by hanging up.
TRIAL = b"GET / HTTP/1.1\r\nhost: squall\r\nconnection: close\r\n\r\n"
_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP/1\.[01]\r?$")
_LONGEST_HEAD = 65536
_METHODS = tuple(b"GET POST PUT HEAD DELETE OPTIONS PATCH TRACE CONNECT".split())


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one request: ``first`` of it, ``last`` of it; ``method`` is known from the first on."""

    data: bytes
    first: bool
    last: bool
    method: bytes = b""


class Requests:
    """Cuts a stream into pieces of requests."""

    def __init__(self) -> None:
        self._rest = b""
        self._body: int | None = None
        self._method = b""
        self._chunked = False
        self.opaque = False

    def cut(self, data: bytes) -> Iterator[Piece]:
        """Take what came and yield what is whole enough to be sent on; nothing once it is opaque."""
        self._rest += data
        while self._rest and not self.opaque:
            if self._body is not None or self._chunked:
                if (piece := self._in_body()) is None:
                    return
                yield piece
            elif (head := self._head()) is not None:
                yield head
            else:
                return

    def left(self) -> bytes:
        """Give back what was not yielded, when it turned out to be opaque."""
        rest, self._rest = self._rest, b""
        return rest

    def _head(self) -> Piece | None:
        end = self._rest.find(b"\r\n\r\n")
        line = self._rest.split(b"\n", 1)[0] if b"\n" in self._rest else b""
        if (
            (line and not _LINE.match(line))
            or (end < 0 and len(self._rest) > _LONGEST_HEAD)
            or not _may_begin(self._rest)
        ):
            self.opaque = True
            return None
        if end < 0:
            return None
        head, self._rest = self._rest[: end + 4], self._rest[end + 4 :]
        self._method = head.split(b" ", 1)[0]
        fields = dict(_fields(head))
        if b"upgrade" in fields or self._method == b"CONNECT":
            # What follows is no HTTP any more.
            self._rest, self.opaque = head + self._rest, True
            return None
        self._chunked = b"chunked" in fields.get(b"transfer-encoding", b"")
        length = fields.get(b"content-length", b"0")
        if not self._chunked and not length.isdigit():
            self._rest, self.opaque = head + self._rest, True
            return None
        self._body = None if self._chunked or int(length) == 0 else int(length)
        return Piece(head, first=True, last=self._body is None and not self._chunked, method=self._method)

    def _in_body(self) -> Piece | None:
        if self._body is not None:
            data, self._rest = self._rest[: self._body], self._rest[self._body :]
            self._body -= len(data)
            last = self._body == 0
            self._body = None if last else self._body
            return Piece(data, first=False, last=last, method=self._method)
        return self._chunk()

    def _chunk(self) -> Piece | None:
        at = self._rest.find(b"\r\n")
        if at < 0:
            return None
        try:
            size = int(self._rest[:at].split(b";")[0], 16)
        except ValueError:
            self.opaque = True
            return None
        # The last chunk has no bytes, and trailers may follow up to an empty line.
        end = self._rest.find(b"\r\n\r\n", at) + 4 if size == 0 else at + 2 + size + 2
        if end < 4 or len(self._rest) < end:
            return None
        data, self._rest = self._rest[:end], self._rest[end:]
        self._chunked = size != 0
        return Piece(data, first=False, last=size == 0, method=self._method)


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip().lower()


def _may_begin(data: bytes) -> bool:
    """Say whether it can be the beginning of a request: nothing of other protocols is to be waited with."""
    word = data.partition(b" ")[0][:8]
    return word in _METHODS or (len(word) == len(data) and any(method.startswith(word) for method in _METHODS))


def answer(status: int, method: bytes) -> bytes:
    """Return a whole answer of that status; one to HEAD has no body."""
    body = b"" if method == b"HEAD" else b"squall: an answer made in the place of the real one\n"
    head = f"HTTP/1.1 {status} Made By Squall\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body
