"""The agent's main process: listens on a UNIX socket and ends by itself.

It ends on ``bye``, on SIGTERM or SIGINT, and when the lease runs out; before that it undoes what is active. One thread:
orders are carried out one after the other.
"""

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from squall.agent.harms.registry import ORDERS
from squall.agent.scope.scope import Scope
from squall.agent.service.journal import Busy, Journal, path_of
from squall.agent.service.orders import AgentLease, Orders
from squall.agent.service.recovery import recover, undo_open
from squall.agent.wire import Lines, Refused, packed

# An answer is small; whoever does not take it in this time has gone.
SEND_WITHIN = 1.0
# What cannot be undone at the end is tried again for so long: a pod is killed 5 s after it was told to end.
RELEASE_WITHIN = 3.0
RELEASE_EVERY = 0.5
# A listener that has no file descriptor for who calls would otherwise be asked again at once.
ADMIT_AGAIN = 0.1


def serve(scope: Scope, path: Path, journals: Path, length: float) -> int:
    """Undo what dead agents left, then serve one run until the end.

    Returns the exit code: 1 if something is left that a successor has to undo, or nobody could be served.
    """
    own = path_of(journals, scope.run)
    for proof in recover(journals, own, ORDERS):
        _say(f"left by a dead agent: {proof}")
    try:
        journal = Journal(own)
        for tried in undo_open(journal, ORDERS):
            _say(f"left by this agent before it was restarted: {tried.said}")
        lease = AgentLease(length)
        orders = Orders(scope, ORDERS, journal, lease)
    except (Busy, OSError) as error:
        _say(f"opening the journal of {scope.run}: {type(error).__name__}: {error}")
        return 1
    why = "not serving"
    try:
        with Listener(path) as listener:
            why = listener.run(orders, lease)
    except OSError as error:
        _say(f"listening on {path}: {error}")
    finally:
        release(orders)
    _say(f"ended: {why}")
    return 1 if orders.left or why == "not serving" else 0


def release(
    orders: Orders, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Undo all, and try for ``RELEASE_WITHIN`` seconds what fails; what is left then stays in the journal."""
    deadline = now() + RELEASE_WITHIN
    while True:
        for proof in orders.release():
            _say(f"released: {proof}")
        if not orders.left or now() >= deadline:
            break
        sleep(RELEASE_EVERY)
    orders.close()


class Listener:
    """The socket, its connections and the signals, waited for together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ready = selectors.DefaultSelector()
        self._why = ""

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        # Others of this machine never find it open, not even for the moment before its mode is set.
        before = os.umask(0o177)
        try:
            self._socket.bind(str(self._path))
        finally:
            os.umask(before)
        self._socket.listen()
        self._ready.register(self._socket, selectors.EVENT_READ)
        wakes, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        self._ready.register(wakes, selectors.EVENT_READ, self._signalled)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        for key in list(self._ready.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._wake.close()
        self._ready.close()

    def run(self, orders: Orders, lease: AgentLease) -> str:
        """Serve until the end and say why it came."""
        while not self._why and not orders.ended and lease.left > 0:
            due = orders.due()
            for key, _ in self._ready.select(lease.left if due is None else max(0.0, min(lease.left, due))):
                if key.fileobj is self._socket:
                    self._admit(orders)
                else:
                    key.data(key.fileobj)
            orders.tend()
        return self._why or ("bye" if orders.ended else "the lease ran out")

    def _admit(self, orders: Orders) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError as error:
            # What is active must still be ended in its time.
            _say(f"a connection could not be taken: {error}")
            time.sleep(ADMIT_AGAIN)
            return
        connection.settimeout(SEND_WITHIN)
        lines = Lines()

        def hear(heard: socket.socket) -> None:
            try:
                piece = heard.recv(65536)
                for line in lines.add(piece):
                    heard.sendall(packed(orders.answer(line)))
            except (OSError, Refused):
                piece = b""
            if not piece:
                self._ready.unregister(heard)
                heard.close()

        self._ready.register(connection, selectors.EVENT_READ, hear)

    def _signalled(self, wakes: socket.socket) -> None:
        self._why = signal.Signals(wakes.recv(1)[0]).name


def _say(text: str) -> None:
    # Where it is written to may be full, or gone.
    with suppress(OSError):
        sys.stderr.write(f"squall-agent: {text}\n")
        sys.stderr.flush()
