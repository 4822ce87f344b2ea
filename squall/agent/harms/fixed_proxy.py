"""Harms to a target's answers by a proxy that has been in front of it from the start (``squall.agent.proxy.fixed``).

As ``proxied``, for targets that share the network of their machine: ``{"pid": ..., "proxy": socket,
"proxy port": ..., "at": port}``. A behaviour lasts as long as the agent's connection, so that its death ends the harm.
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
from squall.agent.proxy.behaviour import PASS, Behaviour
from squall.agent.scope.processes import start
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

T = TypeVar("T")
ANSWERS_WITHIN = 3.0
ANSWERED_WITHIN = 1.0
HOST = ip_address("127.0.0.1")


class ProxyControl:
    """The agent's connection to one proxy. Methods raise OSError."""

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
        """Give the proxy an order, and return its answer."""
        self._socket.sendall(json.dumps({"do": do, **order}).encode() + b"\n")
        while b"\n" not in self._rest:
            if not (piece := self._socket.recv(65536)):
                raise OSError("the proxy is gone")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        answer: Mapping[str, Any] = json.loads(line)
        if "refused" in answer:
            raise OSError(f"the proxy: {answer['refused']}")
        return answer

    def counts(self) -> Mapping[str, Any]:
        """Return its totals."""
        counts: Mapping[str, Any] = self.ask("counts")["counts"]
        return counts

    def close(self) -> None:
        self._socket.close()


class HostNetwork:
    """This machine's own network."""

    def within(self, work: Callable[[], T]) -> T:
        """Do it."""
        return work()


class FixedProxyFault:
    """A harm by proxies; ``does`` is its behaviour's name, ``PASS`` to watch only."""

    def __init__(self, does: str) -> None:
        self._does = does

    def pin(self, order: Message, scope: Scope) -> "FixedProxyHarm":
        behaviour = Behaviour() if self._does == PASS else Behaviour.of({**order, "does": self._does})
        with ExitStack() as stack:
            sites = [_site(target, behaviour, scope, stack) for target in order["targets"]]
            return FixedProxyHarm(sites, stack.pop_all())

    def undo(self, entry: Message) -> str:
        """Read that each proxy lets everything pass: whoever had its behaviour is dead. Raises OSError: it does not."""
        return "; ".join(each_of(_passes, entry["proxies"]))


@dataclass(frozen=True, slots=True)
class FixedProxySite:
    """One target, its proxy, and what is to be done there."""

    pid: int
    at: int
    proxy: ProxyControl
    behaviour: Behaviour

    def begin(self) -> float:
        """Change the behaviour; return the moment before."""
        sent = time.monotonic()
        if self.behaviour.does != PASS:
            self.proxy.ask("behaviour", **self.behaviour.order())
        return sent

    def prove(self, sent: float) -> Message:
        """Wait for real traffic to be harmed; if none comes, try."""
        return proven(self.proxy, self.behaviour, sent, f"process {self.pid}", HostNetwork(), HOST, self.at)

    def end(self) -> Message:
        """Let everything pass again."""
        sent = time.monotonic()
        try:
            counts = self.proxy.counts()
            if self.behaviour.does != PASS:
                self.proxy.ask("behaviour", does=PASS)
        except OSError as error:
            return ending(BY_OTHERS, f"{error} before the end, at process {self.pid}", None, sent)
        how = f"{counts['calls']} calls, {said(self.behaviour, counts)}"
        return ending(AS_STATED, how, sent, time.monotonic(), harmed(self.behaviour, counts))


class FixedProxyHarm:
    """Connections to the proxies of the targets."""

    def __init__(self, sites: Sequence[FixedProxySite], stack: ExitStack) -> None:
        self._sites, self._stack = sites, stack

    def journal(self) -> Message:
        return {"proxies": [site.proxy.path for site in self._sites if site.behaviour.does != PASS]}

    def do(self) -> Message:
        sent = [site.begin() for site in self._sites]
        with ThreadPoolExecutor(max(1, len(self._sites))) as pool:
            return targets(list(pool.map(FixedProxySite.prove, self._sites, sent)))

    def end(self) -> Message:
        return targets(each_of(FixedProxySite.end, self._sites))

    def seconds(self, since: int) -> Message:
        return targets([{"seconds": site.proxy.ask("seconds", since=since)["seconds"]} for site in self._sites])

    def close(self) -> None:
        self._stack.close()


def _site(target: Message, behaviour: Behaviour, scope: Scope, stack: ExitStack) -> FixedProxySite:
    process, path, port = scope.main(target), str(target["proxy"]), int(target["proxy port"])
    try:
        proxy = ProxyControl(path, port)
    except OSError as error:
        raise Refused(f"the proxy {path} of process {process.pid}: {error.strerror or error}") from error
    stack.callback(proxy.close)
    # A proxy of others is not to be touched either.
    scope.main({"pid": proxy.pid, "started": start(scope.proc, proxy.pid) or -1})
    if failed := connected_to(HostNetwork(), HOST, int(target["at"]), ANSWERED_WITHIN):
        raise Refused(f"{failed}, before anything was done: a harm could not be told from that")
    return FixedProxySite(process.pid, int(target["at"]), proxy, behaviour)


def _passes(path: str) -> str:
    if not os.path.exists(path):  # noqa: PTH110 - a plain question
        return f"the proxy {Path(path).name} is gone"
    try:
        proxy = ProxyControl(path, 0)
    except ConnectionRefusedError:
        return f"the proxy {Path(path).name} is closed"
    try:
        if (does := proxy.ask("counts")["does"]) != PASS:
            raise OSError(f"the proxy {Path(path).name} is still {does}")
    finally:
        proxy.close()
    return f"the proxy {Path(path).name} lets everything pass"
