"""The agent's main process: listens on a UNIX socket and ends by itself.

It ends on ``bye``, on SIGTERM or SIGINT, and when the lease runs out; before that it undoes what stands. One thread:
orders are carried out one after the other.
"""

import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Self

from squall.agent.harms.registry import ORDERS
from squall.agent.scope.scope import Scope
from squall.agent.service.journal import Journal, path_of
from squall.agent.service.lease import AgentLease
from squall.agent.service.orders import Orders, recover, undone
from squall.agent.wire import Lines, packed

# An answer is small; whoever does not take it in this time has gone.
SEND_WITHIN = 1.0


def serve(place: Scope, path: Path, journals: Path, length: float) -> int:
    """Undo what dead agents left, then serve one run until the end. Returns the exit code."""
    own = path_of(journals, place.run)
    for proof in recover(journals, own, ORDERS):
        _say(f"left by a dead agent: {proof}")
    journal = Journal(own)
    for proof in undone(journal, ORDERS):
        _say(f"left by this agent before it was restarted: {proof}")
    lease = AgentLease(length)
    orders = Orders(place, ORDERS, journal, lease)
    with Listener(path) as listener:
        why = listener.run(orders, lease)
    for proof in orders.release():
        _say(f"released: {proof}")
    journal.end()
    _say(f"ended: {why}")
    return 0


class Listener:
    """The socket, its connections and the signals, waited for together."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ready = selectors.DefaultSelector()
        self._why = ""

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self._path))
        self._path.chmod(0o600)
        self._door.listen()
        self._ready.register(self._door, selectors.EVENT_READ)
        wakes, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        self._ready.register(wakes, selectors.EVENT_READ, self._signalled)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
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
                if key.fileobj is self._door:
                    self._admit(orders)
                else:
                    key.data(key.fileobj)
            orders.tend()
        return self._why or ("bye" if orders.ended else "the lease ran out")

    def _admit(self, orders: Orders) -> None:
        connection, _ = self._door.accept()
        connection.settimeout(SEND_WITHIN)
        lines = Lines()

        def hear(heard: socket.socket) -> None:
            try:
                piece = heard.recv(65536)
                for line in lines.add(piece):
                    heard.sendall(packed(orders.answer(line)))
            except OSError:
                piece = b""
            if not piece:
                self._ready.unregister(heard)
                heard.close()

        self._ready.register(connection, selectors.EVENT_READ, hear)

    def _signalled(self, wakes: socket.socket) -> None:
        self._why = signal.Signals(wakes.recv(1)[0]).name


def _say(text: str) -> None:
    sys.stderr.write(f"squall-agent: {text}\n")
    sys.stderr.flush()
