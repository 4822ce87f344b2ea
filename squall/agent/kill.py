"""SIGKILL to the main processes of containers, at once, with the moments at which each was sent and each was gone.

From inside its own PID namespace a main process cannot be killed; from the node's it can. The signal goes through a
pidfd that is opened before the process is looked at for the last time, so it never reaches a successor of its number.
"""

import os
import select
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from squall.agent.place import Place
from squall.agent.processes import Process, belongs, main_process, start
from squall.agent.wire import Message, Refused

# A killed process that is not gone by then hangs in the kernel.
GONE_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Aim:
    """One process, held by its pidfd."""

    process: Process
    pidfd: int


class Kill:
    """``{"do": "kill", "targets": [{"uid", "container"}, ...]}``."""

    def aim(self, order: Message, place: Place) -> "Aimed":
        """Open a pidfd for each target. Raises Refused if any of them is not what the order says."""
        with ExitStack() as held:
            aims = [_aim(str(target["uid"]), str(target["container"]), place, held) for target in order["targets"]]
            return Aimed(aims, held.pop_all())

    def undo(self, entry: Message) -> str:
        """Return why there is nothing to do: the harm was over when it was done."""
        return f"a kill is done in an instant, nothing stands ({len(entry['targets'])} processes)"


class Aimed:
    """A kill whose targets are held fast."""

    def __init__(self, aims: Sequence[Aim], held: ExitStack) -> None:
        self._aims, self._held = aims, held

    def journal(self) -> Message:
        """Return the processes' numbers and starts."""
        return {"targets": [{"pid": aim.process.pid, "started": aim.process.started} for aim in self._aims]}

    def do(self) -> Message:
        """Send all signals, then wait for all ends; a moment that did not come is null."""
        sent = [_send(aim.pidfd) for aim in self._aims]
        gone = _ends([aim.pidfd for aim in self._aims])
        moments = zip(self._aims, sent, strict=True)
        return {
            "targets": [
                {"pid": aim.process.pid, "started": aim.process.started, "sent": at, "gone": gone.get(aim.pidfd)}
                for aim, at in moments
            ]
        }

    def close(self) -> None:
        """Close the pidfds."""
        self._held.close()


def _aim(uid: str, container: str, place: Place, held: ExitStack) -> Aim:
    place.admit(uid)
    process = main_process(place.proc, uid, container)
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError as error:
        raise Refused(f"process {process.pid} of pod {uid}: {error.strerror}") from error
    held.callback(os.close, pidfd)
    # Between the look and the pidfd the number may have passed to another process.
    if start(place.proc, process.pid) != process.started or not belongs(place.proc, process.pid, uid, container):
        raise Refused(f"process {process.pid} of pod {uid} changed while it was aimed at")
    return Aim(process, pidfd)


def _send(pidfd: int) -> float | None:
    """Return the moment before the signal left, or None if the process was gone before."""
    moment = time.monotonic()
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return moment


def _ends(pidfds: Sequence[int]) -> dict[int, float]:
    """Return when each process was seen to be gone: a pidfd is readable from then on."""
    waiting, gone = select.poll(), dict[int, float]()
    for pidfd in pidfds:
        waiting.register(pidfd, select.POLLIN)
    deadline = time.monotonic() + GONE_WITHIN
    while len(gone) < len(pidfds) and (left := deadline - time.monotonic()) > 0:
        for pidfd, _ in waiting.poll(left * 1000):
            gone[pidfd] = time.monotonic()
            waiting.unregister(pidfd)
    return gone
