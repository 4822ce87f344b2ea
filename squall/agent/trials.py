"""What the agent tries itself at a gate through which no traffic passes: a request from inside the target's network."""

import math
import socket
import time

from squall.agent.addresses import Address
from squall.agent.gate import Gate
from squall.agent.harm import effect
from squall.agent.namespaces import Namespace
from squall.agent.proxy.mood import ERRORS, PASS, RESET, SILENT, SLOW, Mood
from squall.agent.wire import Message

# Any server answers it somehow: one that speaks no HTTP by an error of its own, or by hanging up.
ASKED = b"GET / HTTP/1.1\r\nhost: squall\r\nconnection: close\r\n\r\n"
ANSWERED_WITHIN = 1.0
SILENT_FOR = 0.3


def tried(namespace: Namespace, gate: Gate, address: Address, port: int, mood: Mood, sent: float) -> Message:
    """Ask the target directly and through its gate, and say whether the difference is the mood's."""
    direct, _ = _asked(namespace, address, port, ANSWERED_WITHIN)
    if direct == "nothing":
        return effect(False, f"nobody used {address} port {port}, and it does not answer a trial", sent)
    if mood.does == ERRORS and not direct.startswith("HTTP/1."):
        return effect(False, f"nobody used {address} port {port}, and it speaks no HTTP/1.1", sent)
    within = SILENT_FOR if mood.does == SILENT else ANSWERED_WITHIN / 2 + mood.delay + mood.jitter
    for _ in range(math.ceil(1 / mood.share)):
        got, took = _asked(namespace, address, gate.port, within)
        if _is_so(mood, direct, got, took):
            how = f"nobody used it; a trial through the gate got {got} after {took * 1000:.0f} ms (directly: {direct})"
            return effect(True, how, sent, time.monotonic())
    return effect(False, f"nobody used it; a trial through the gate got {got} (directly: {direct})", sent)


def _is_so(mood: Mood, direct: str, got: str, took: float) -> bool:
    return {
        PASS: got == direct,
        SLOW: got == direct and took >= mood.delay - mood.jitter,
        ERRORS: got.startswith(f"HTTP/1.1 {mood.status}"),
        RESET: got == "a reset",
        SILENT: got == "nothing",
    }[mood.does]


def _asked(namespace: Namespace, address: Address, port: int, within: float) -> tuple[str, float]:
    """Return the first line of an answer, or ``an end``, ``a reset`` or ``nothing``, and how long it took (s)."""

    def ask() -> str:
        try:
            with socket.create_connection((str(address), port), timeout=within) as one:
                one.sendall(ASKED)
                first = one.recv(200)
        except TimeoutError:
            return "nothing"
        except OSError:
            return "a reset"
        return first.split(b"\r\n")[0].decode("latin-1")[:40] if first else "an end"

    began = time.monotonic()
    return namespace.within(ask), time.monotonic() - began
