"""Processes held fast by pidfds: a signal through one never reaches a successor of its number."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from squall.agent.scope.processes import Process, start
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused


@dataclass(frozen=True, slots=True)
class PinnedProcess:
    """One process, held by its pidfd."""

    process: Process
    pidfd: int

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; False if the process was gone before."""
        try:
            signal.pidfd_send_signal(self.pidfd, number)
        except ProcessLookupError:
            return False
        return True

    def __str__(self) -> str:
        return f"process {self.process.pid} (started at tick {self.process.started})"


def aim(process: Process, target: Message, place: Scope, held: ExitStack) -> PinnedProcess:
    """Hold a process of a target fast until ``held`` is closed. Raises Refused: it is gone, or another's by now."""
    return _held(process, lambda: place.holds(target, process), held)


def again(process: Process, proc: Path, held: ExitStack) -> PinnedProcess:
    """Hold a process that was written down. Raises Refused: it is gone."""
    return _held(process, lambda: start(proc, process.pid) == process.started, held)


def _held(process: Process, still: Callable[[], bool], held: ExitStack) -> PinnedProcess:
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError as error:
        raise Refused(f"process {process.pid}: {error.strerror}") from error
    held.callback(os.close, pidfd)
    # Between the look and the pidfd the number may have passed to another process.
    if not still():
        raise Refused(f"process {process.pid} changed while it was aimed at")
    return PinnedProcess(process, pidfd)
