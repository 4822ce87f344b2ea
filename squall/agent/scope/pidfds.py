"""Processes pinned by pidfds: a signal through one never reaches a successor of its number."""

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
    """One process and its pidfd."""

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


def pin(process: Process, target: Message, scope: Scope, stack: ExitStack) -> PinnedProcess:
    """Pin a process of a target until ``stack`` is closed. Raises Refused: it is gone, or another's by now."""
    return _pinned(process, lambda: scope.holds(target, process), stack)


def pin_again(process: Process, proc: Path, stack: ExitStack) -> PinnedProcess:
    """Pin a process that was written down. Raises Refused: it is gone."""
    return _pinned(process, lambda: start(proc, process.pid) == process.started, stack)


def _pinned(process: Process, still: Callable[[], bool], stack: ExitStack) -> PinnedProcess:
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError as error:
        raise Refused(f"process {process.pid}: {error.strerror}") from error
    stack.callback(os.close, pidfd)
    # Between the look and the pidfd the number may have passed to another process.
    if not still():
        raise Refused(f"process {process.pid} changed while it was looked for")
    return PinnedProcess(process, pidfd)
