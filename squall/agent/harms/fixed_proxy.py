"""Harms to a target's answers by a door that stands in front of it from the start (``proxy.door``).

As ``proxied``, for targets that share the network of their machine: ``{"pid": ..., "door": socket, "at": port}``. The
agent's own connection to the door holds the mood, so that its death ends the harm.
"""

import json
import os
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

from squall.agent.harms.contract import (
    AS_STATED,
    BY_OTHERS,
    each_of,
    ending,
    targets,
)
from squall.agent.harms.proof import harmed, proven, said
from squall.agent.linux.connectivity import connected_to
from squall.agent.proxy.behaviour import PASS, Mood
from squall.agent.scope.processes import start
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

T = TypeVar("T")
ANSWERS_WITHIN = 3.0
ANSWERED_WITHIN = 1.0
HOST = ip_address("127.0.0.1")


class ProxyControl:
    """The agent's connection to one door. Methods raise OSError."""

    def __init__(self, path: str, port: int) -> None:
        self.path, self.port = path, port
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWERS_WITHIN)
        self._rest = b""
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    @property
    def pid(self) -> int:
        """The process that serves it (SO_PEERCRED, unix(7))."""
        packed = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", packed)[0])

    def ask(self, do: str, **order: Any) -> Mapping[str, Any]:
        """Give the door an order, and return its answer."""
        self._socket.sendall(json.dumps({"do": do, **order}).encode() + b"\n")
        while b"\n" not in self._rest:
            if not (piece := self._socket.recv(65536)):
                raise OSError("the door is gone")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        answer: Mapping[str, Any] = json.loads(line)
        if "refused" in answer:
            raise OSError(f"the door: {answer['refused']}")
        return answer

    def counts(self) -> Mapping[str, Any]:
        """Return its totals."""
        counts: Mapping[str, Any] = self.ask("counts")["counts"]
        return counts

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


class HostNetwork:
    """This machine's own network."""

    def within(self, work: Callable[[], T]) -> T:
        """Do it."""
        return work()


class FixedProxyFault:
    """A harm by doors; ``does`` is its mood's name, ``PASS`` to watch only."""

    def __init__(self, does: str) -> None:
        self._does = does

    def aim(self, order: Message, place: Scope) -> "FixedProxyHarm":
        """Connect to each target's door, if both are the place's own, and see that the target answers through it."""
        mood = Mood() if self._does == PASS else Mood.of({**order, "does": self._does})
        with ExitStack() as held:
            sites = [_site(target, mood, place, held) for target in order["targets"]]
            return FixedProxyHarm(sites, held.pop_all())

    def undo(self, entry: Message) -> str:
        """Read that each door lets everything pass: whoever had its mood is dead. Raises OSError: it does not."""
        return "; ".join(each_of(_passes, entry["doors"]))


@dataclass(frozen=True, slots=True)
class FixedProxySite:
    """One target, its door, and what is to be done there."""

    pid: int
    at: int
    door: ProxyControl
    mood: Mood

    def begin(self) -> float:
        """Change the mood; return the moment before."""
        sent = time.monotonic()
        if self.mood.does != PASS:
            self.door.ask("mood", **self.mood.order())
        return sent

    def prove(self, sent: float) -> Message:
        """Wait for real traffic to be harmed; if none comes, try."""
        return proven(self.door, self.mood, sent, f"process {self.pid}", HostNetwork(), HOST, self.at)

    def end(self) -> Message:
        """Let everything pass again."""
        sent = time.monotonic()
        try:
            counts = self.door.counts()
            if self.mood.does != PASS:
                self.door.ask("mood", does=PASS)
        except OSError as error:
            return ending(BY_OTHERS, f"{error} before the end, at process {self.pid}", None, sent)
        how = f"{counts['calls']} calls, {said(self.mood, counts)}"
        return ending(AS_STATED, how, sent, time.monotonic(), harmed(self.mood, counts))


class FixedProxyHarm:
    """A harm whose doors are connected to."""

    def __init__(self, sites: Sequence[FixedProxySite], held: ExitStack) -> None:
        self._sites, self._held = sites, held

    def journal(self) -> Message:
        """Return which doors are going to be harmed."""
        return {"doors": [site.door.path for site in self._sites if site.mood.does != PASS]}

    def do(self) -> Message:
        """Begin at all targets, then prove each."""
        sent = [site.begin() for site in self._sites]
        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return targets(list(pool.map(FixedProxySite.prove, self._sites, sent)))

    def end(self) -> Message:
        """End it at all targets."""
        return targets(each_of(FixedProxySite.end, self._sites))

    def seconds(self, since: int) -> Message:
        """Return for each target what its door saw in each second since one."""
        return targets([{"seconds": site.door.ask("seconds", since=since)["seconds"]} for site in self._sites])

    def close(self) -> None:
        """Let go of the doors."""
        self._held.close()


def _site(target: Message, mood: Mood, place: Scope, held: ExitStack) -> FixedProxySite:
    process, path, port = place.main(target), str(target["door"]), int(target["door port"])
    try:
        door = ProxyControl(path, port)
    except OSError as error:
        raise Refused(f"the door {path} of process {process.pid}: {error.strerror or error}") from error
    held.callback(door.close)
    # A door of others is not to be touched either.
    place.main({"pid": door.pid, "started": start(place.proc, door.pid) or -1})
    if failed := connected_to(HostNetwork(), HOST, int(target["at"]), ANSWERED_WITHIN):
        raise Refused(f"{failed}, before anything was done: a harm could not be told from that")
    return FixedProxySite(process.pid, int(target["at"]), door, mood)


def _passes(path: str) -> str:
    if not os.path.exists(path):  # noqa: PTH110 - a plain question
        return f"the door {Path(path).name} is gone"
    try:
        door = ProxyControl(path, 0)
    except ConnectionRefusedError:
        return f"the door {Path(path).name} is closed"
    try:
        if (does := door.ask("counts")["does"]) != PASS:
            raise OSError(f"the door {Path(path).name} is still {does}")
    finally:
        door.close()
    return f"the door {Path(path).name} lets everything pass"
