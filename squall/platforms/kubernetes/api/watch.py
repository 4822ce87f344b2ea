"""Watching one kind of object: list, then the stream of changes, each stamped when its line arrives.

Nothing is lost: a dropped connection goes on from the last resourceVersion, and when the server has forgotten that
one (410) the list is read anew and only what differs is told. What an object means is decided elsewhere.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object, Stream

# The server ends a watch after SERVED seconds; one that is silent for longer than SILENT was dropped on the way.
SERVED = 20
SILENT = 25.0
# Pauses between tries while the server does not answer.
PAUSES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
# What no patience changes.
REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass(frozen=True, slots=True)
class WatchedChange:
    """What the API server said at ``t``: ``kind`` is ADDED, MODIFIED or DELETED."""

    t: float
    kind: str
    object: Object


class _Forgotten(Exception):
    """The server no longer knows the resourceVersion."""


@dataclass
class Watch:
    """One watch, with a thread of its own once ``follow`` is called.

    ``changed`` is called in that thread with each change. ``away`` is called with the seconds for which the server
    did not answer, after it does again: changes of that time arrive late.
    """

    api: Api
    path: str
    clock: Clock
    changed: Callable[[WatchedChange], None]
    away: Callable[[float], None] = lambda seconds: None
    failed: Callable[[Exception], None] = lambda error: None
    query: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known: dict[str, Object] = {}
        self._version = ""
        self._stream: Stream | None = None
        self._tries, self._lost = 0, 0.0
        self._stopping = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch {self.path}", daemon=True)

    def begin(self) -> Sequence[Object]:
        """Return all objects that are there now; changes from here on are told after ``follow``."""
        answer = self.api.get(self.path, self.query)
        self._version = str(answer["metadata"]["resourceVersion"])
        items = tuple(answer.get("items") or ())
        self._known = {_key(item): item for item in items}
        return items

    def follow(self) -> None:
        """Start telling."""
        self._thread.start()

    def stop(self) -> None:
        """End it; the last change has been told when this returns. Raises HarnessFailed if it had failed."""
        self._stopping.set()
        if self._stream is not None:
            self._stream.close()
        if self._thread.is_alive():
            self._thread.join()
        if self._error is not None:
            raise HarnessFailed(f"watching {self.path}: {self._error}") from self._error

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as error:  # noqa: BLE001 - a thread has no caller: kept for stop(), and told at once
            self._error = error
            self.failed(error)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self._served()
                self._tries = 0
            except _Forgotten:
                self._version = ""
            except ApiFailed as error:
                if self._stopping.is_set():
                    return
                if error.status in REFUSALS:
                    raise
                self._lost = self._lost or self.clock.now()
                self._stopping.wait(PAUSES[min(self._tries, len(PAUSES) - 1)])
                self._tries += 1

    def _served(self) -> None:
        """Read one connection to its end."""
        if not self._version:
            self._relist()
        query = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(SERVED)}
        try:
            self._stream = self.api.stream(
                self.path, {**self.query, **query, "resourceVersion": self._version}, within=SILENT
            )
        except ApiFailed as error:
            if error.status == HTTPStatus.GONE:
                raise _Forgotten from error
            raise
        if self._stopping.is_set():
            self._stream.close()
        if self._lost:
            self.away(self.clock.now() - self._lost)
            self._lost = 0.0
        for t, line in self._stamped(self._stream):
            self._take(t, line)
            self._tries = 0

    def _stamped(self, stream: Stream) -> Iterator[tuple[float, bytes]]:
        """Yield each whole line with the moment at which its last byte arrived; a torn last line is sent again."""
        rest = b""
        for piece in stream.pieces():
            t = self.clock.now()
            *lines, rest = (rest + piece).split(b"\n")
            yield from ((t, line) for line in lines if line.strip())

    def _take(self, t: float, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError as error:
            raise ApiFailed(f"watching {self.path}", 0, f"nonsense in the stream: {error}") from error
        kind, what = str(said["type"]), said["object"]
        if kind == "ERROR":
            raise (
                _Forgotten
                if what.get("code") == HTTPStatus.GONE
                else ApiFailed(f"watching {self.path}", int(what.get("code") or 0), str(what.get("message")))
            )
        self._version = str(what["metadata"]["resourceVersion"])
        if kind != "BOOKMARK":
            self._tell(WatchedChange(t, kind, what))

    def _relist(self) -> None:
        before = self._known
        items = self.begin()
        t = self.clock.now()
        now, self._known = self._known, dict(before)
        for key in before.keys() - now.keys():
            self._tell(WatchedChange(t, "DELETED", before[key]))
        for item in items:
            old = before.get(_key(item))
            if old is None or old["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
                self._tell(WatchedChange(t, "ADDED" if old is None else "MODIFIED", item))

    def _tell(self, change: WatchedChange) -> None:
        if change.kind == "DELETED":
            self._known.pop(_key(change.object), None)
        else:
            self._known[_key(change.object)] = change.object
        self.changed(change)


def _key(item: Object) -> str:
    return str(item["metadata"]["uid"])
