"""How a harm to answers is proven: by real traffic that a proxy has harmed, else by a request that the agent tries."""

import math
import socket
import time
from collections.abc import Mapping
from typing import Any, Protocol

from squall.agent.harms.contract import effect
from squall.agent.linux.addresses import Address
from squall.agent.linux.connectivity import TargetNetwork
from squall.agent.proxy.behaviour import ERRORS, PASS, RESET, SILENT, SLOW, Behaviour
from squall.agent.proxy.requests import TRIAL
from squall.agent.wire import Message

# How long real traffic is waited for; after that the agent tries itself.
TRAFFIC_WITHIN = 2.0
LOOK_EVERY = 0.02
ANSWERED_WITHIN = 1.0
SILENT_FOR = 0.3


class ProvingProxy(Protocol):
    """A proxy in front of a target: where it listens, and what it has counted."""

    @property
    def port(self) -> int:
        """The port, in the target's network."""
        ...

    def counts(self) -> Mapping[str, Any]:
        """Return the totals. Raises OSError."""
        ...


def proven(
    proxy: ProvingProxy,
    behaviour: Behaviour,
    sent: float,
    who: str,
    network: TargetNetwork,
    address: Address,
    port: int,
) -> Message:
    """Wait for real traffic to be harmed, and try if none comes; the target itself is at ``port`` of the address."""
    if behaviour.does == PASS:
        return tried(network, proxy, address, port, behaviour, sent)
    before = proxy.counts()
    while True:
        counts, seen = proxy.counts(), time.monotonic()
        if counts["harmed"]:
            return effect(True, f"{said(behaviour, counts)} at {who}", sent, seen)
        used = counts["calls"] > before["calls"]
        if seen > sent + TRAFFIC_WITHIN + (behaviour.delay + behaviour.jitter if used else 0.0):
            break
        time.sleep(LOOK_EVERY)
    if behaviour.does == ERRORS and used:
        what = "TLS" if counts["tls"] else "no HTTP/1.1"
        return effect(False, f"clients of {who} speak {what}: no answer can be made up for them", sent)
    return tried(network, proxy, address, port, behaviour, sent)


def harmed(behaviour: Behaviour, counts: Mapping[str, Any]) -> int | None:
    """Return how many calls a proxy has harmed, trials not among them (the proxy leaves them out); None: all pass."""
    return None if behaviour.does == PASS else int(counts["harmed"])


def said(behaviour: Behaviour, counts: Mapping[str, Any]) -> str:
    """Say how many calls a proxy has harmed, and how."""
    number = counts["harmed"]
    if behaviour.does == SLOW:
        quickest = counts["quickest"]
        return f"{number} answers delayed" + (f", the quickest took {quickest * 1000:.0f} ms" if quickest else "")
    words = {ERRORS: f"answered {behaviour.status} in the place of the target", RESET: "reset", SILENT: "kept back"}
    return f"{number} calls {words[behaviour.does]}" if behaviour.does in words else "none of them harmed"


def tried(
    network: TargetNetwork, proxy: ProvingProxy, address: Address, port: int, behaviour: Behaviour, sent: float
) -> Message:
    """Ask the target directly and through its proxy, and say whether the difference is the behaviour's."""
    direct, _ = _asked(network, address, port, ANSWERED_WITHIN)
    if direct == "nothing":
        return effect(False, f"nobody used {address} port {port}, and it does not answer a trial", sent)
    if behaviour.does == ERRORS and not direct.startswith("HTTP/1."):
        return effect(False, f"nobody used {address} port {port}, and it speaks no HTTP/1.1", sent)
    within = SILENT_FOR if behaviour.does == SILENT else ANSWERED_WITHIN / 2 + behaviour.delay + behaviour.jitter
    for _ in range(math.ceil(1 / behaviour.share)):
        got, took = _asked(network, address, proxy.port, within)
        if _is_so(behaviour, direct, got, took):
            how = f"nobody used it; a trial through the proxy got {got} after {took * 1000:.0f} ms (directly: {direct})"
            return effect(True, how, sent, time.monotonic())
    return effect(False, f"nobody used it; a trial through the proxy got {got} (directly: {direct})", sent)


def _is_so(behaviour: Behaviour, direct: str, got: str, took: float) -> bool:
    return {
        PASS: got == direct,
        SLOW: got == direct and took >= behaviour.delay - behaviour.jitter,
        ERRORS: got.startswith(f"HTTP/1.1 {behaviour.status}"),
        RESET: got == "a reset",
        SILENT: got == "nothing",
    }[behaviour.does]


def _asked(network: TargetNetwork, address: Address, port: int, within: float) -> tuple[str, float]:
    """Return the first line of an answer, or ``an end``, ``a reset`` or ``nothing``, and how long it took (s)."""

    def ask() -> str:
        try:
            with socket.create_connection((str(address), port), timeout=within) as one:
                one.sendall(TRIAL)
                first = one.recv(200)
        except TimeoutError:
            return "nothing"
        except OSError:
            return "a reset"
        return first.split(b"\r\n")[0].decode("latin-1")[:40] if first else "an end"

    began = time.monotonic()
    return network.within(ask), time.monotonic() - began
