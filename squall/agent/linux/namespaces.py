"""Network namespaces of targets: kept open, worked in by a thread that joins one, found again by their number.

A thread of the agent joins, and not a program started by ``nsenter``: sockets opened in it stay in the namespace and
come back to the agent, and a process that it starts is there from the beginning.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Self, TypeVar

from squall.agent.linux.syscalls import is_gone, join_network
from squall.agent.scope.processes import Process, pids
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

T = TypeVar("T")


class Namespace:
    """One network namespace. As long as it is open its number passes to no other, though all its processes end."""

    def __init__(self, proc: Path, pid: int) -> None:
        self._proc = proc
        self.handle = os.open(proc / str(pid) / "ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.number = os.fstat(self.handle).st_ino

    @classmethod
    def found(cls, proc: Path, number: int) -> Self | None:
        """Return the namespace of that number if a process is in it."""
        for pid in _inside(proc, number):
            try:
                namespace = cls(proc, pid)
            except OSError as error:
                if is_gone(error) or isinstance(error, PermissionError):
                    continue
                raise
            if namespace.number == number:
                return namespace
            namespace.close()
        return None

    def within(self, work: Callable[[], T]) -> T:
        """Do ``work`` in a thread that is in the namespace, and return what it returned or raise what it raised."""
        result: Future[T] = Future()

        def run() -> None:
            try:
                join_network(self.handle)
                result.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                result.set_exception(error)

        thread = Thread(target=run, name=f"in network {self.number}")
        thread.start()
        thread.join()
        return result.result()

    def peopled(self, but: frozenset[int] = frozenset()) -> bool:
        """Say whether any process is in it ``but`` the agent's own."""
        return any(pid not in but for pid in _inside(self._proc, self.number))

    def close(self) -> None:
        """Let go of it."""
        os.close(self.handle)


def network_of(target: Message, scope: Scope) -> tuple[Process, Namespace]:
    """Return a target's main process and its network namespace.

    Raises:
        Refused: it is gone, or uses the network of its node: what is done there would be done to the node.
    """
    process = scope.main(target)
    try:
        namespace = Namespace(scope.proc, process.pid)
    except OSError as error:
        raise Refused(f"the network of process {process.pid}: {error.strerror}") from error
    # Between the look and the open the number may have passed to another process.
    if not scope.holds(target, process):
        namespace.close()
        raise Refused(f"process {process.pid} changed while it was looked for")
    # The node's, and the agent's own: without a namespace between them they are one.
    if namespace.number in {_number(scope.proc, 1), Path("/proc/self/ns/net").stat().st_ino}:
        namespace.close()
        raise Refused(f"process {process.pid} uses the network of its node: packets there are not its own")
    return process, namespace


def _inside(proc: Path, number: int) -> list[int]:
    return [pid for pid in pids(proc) if _number(proc, pid) == number]


def _number(proc: Path, pid: int) -> int | None:
    with suppress(OSError):
        return (proc / str(pid) / "ns/net").stat().st_ino
    return None
