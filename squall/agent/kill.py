"""SIGKILL to the main processes of targets, at once, with the moments at which each was sent and each was gone.

From inside its own PID namespace a main process cannot be killed; from the node's it can.
"""

import select
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack

from squall.agent.harm import effect, targets
from squall.agent.held import Aim, aim
from squall.agent.place import Place
from squall.agent.wire import Message

# A killed process that is not gone by then hangs in the kernel.
GONE_WITHIN = 5.0


class Kill:
    """``{"do": "kill", "targets": [...]}``."""

    def aim(self, order: Message, place: Place) -> "Aimed":
        """Open a pidfd for each target. Raises Refused if any of them is not what the order says."""
        with ExitStack() as held:
            aims = [aim(place.main(target), target, place, held) for target in order["targets"]]
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
        """Send all signals, then wait for all ends."""
        sent = [_send(aim) for aim in self._aims]
        gone = _ends([aim.pidfd for aim in self._aims])
        return targets([_told(aim, at, gone.get(aim.pidfd)) for aim, at in zip(self._aims, sent, strict=True)])

    def close(self) -> None:
        """Close the pidfds."""
        self._held.close()


def _send(aim: Aim) -> float | None:
    """Return the moment before the signal left, or None if the process was gone before."""
    moment = time.monotonic()
    return moment if aim.send(signal.SIGKILL) else None


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


def _told(aim: Aim, sent: float | None, gone: float | None) -> Message:
    if sent is None:
        return effect(False, f"{aim} was gone before the signal")
    if gone is None:
        return effect(False, f"{aim} got SIGKILL and is not gone", sent)
    return effect(True, f"{aim} got SIGKILL and was gone after {(gone - sent) * 1000:.2f} ms (pidfd)", sent, gone)
