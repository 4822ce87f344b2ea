"""A signal that ends the main processes of targets, at once, with the moments at which it was sent and each was gone.

From inside its own PID namespace a main process cannot be killed; from the node's it can.
"""

import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import ClassVar

from squall.agent.harms.contract import Harm, Means, effect, targets
from squall.agent.scope.pidfds import PinnedProcess, aim
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# A killed process that is not gone by then hangs in the kernel.
GONE_WITHIN = 5.0
# One that was asked to stop has things to do first.
STOPPED_WITHIN = 8.0
ASKED = {"INT": signal.SIGINT, "TERM": signal.SIGTERM}


class Kill:
    """``{"do": "kill", "targets": [...]}``: SIGKILL."""

    needs: ClassVar = frozenset({Means.SIGNALS})

    def aim(self, order: Message, place: Scope) -> "AimedKill":
        """Open a pidfd for each target. Raises Refused if any of them is not what the order says."""
        return _aimed(order, place, signal.SIGKILL, GONE_WITHIN)

    def undo(self, entry: Message) -> str:
        """Return why there is nothing to do: the harm was over when it was done."""
        return f"a kill is done in an instant, nothing stands ({len(entry['targets'])} processes)"


class Stop:
    """``{"do": "stop", "targets": [...], "signal": "INT" or "TERM"}``: each ends in its own order."""

    needs: ClassVar = frozenset({Means.SIGNALS})

    def aim(self, order: Message, place: Scope) -> "AimedKill":
        """Open a pidfd for each target. Raises Refused if any is not what the order says, or the signal is another."""
        if (asked := ASKED.get(str(order["signal"]))) is None:
            raise Refused(f"nothing is asked to stop by {order['signal']!r}")
        return _aimed(order, place, asked, STOPPED_WITHIN)

    def undo(self, entry: Message) -> str:
        """Return why there is nothing to do: who was asked to stop cannot be asked to go on."""
        return f"what was asked to stop stops, nothing stands ({len(entry['targets'])} processes)"


def _aimed(order: Message, place: Scope, number: signal.Signals, within: float) -> "AimedKill":
    with ExitStack() as held:
        aims = [aim(place.main(target), target, place, held) for target in order["targets"]]
        return AimedKill(aims, held.pop_all(), number, within)


class AimedKill:
    """A kill whose targets are held fast; they are gone ``within`` seconds of the signal, or it had no effect."""

    def __init__(self, aims: Sequence[PinnedProcess], held: ExitStack, number: signal.Signals, within: float) -> None:
        self._aims, self._held, self._signal, self._within = aims, held, number, within

    def journal(self) -> Message:
        """Return the processes' numbers and starts."""
        return {"targets": [{"pid": aim.process.pid, "started": aim.process.started} for aim in self._aims]}

    def do(self) -> Message:
        """Send all signals, then wait for all ends."""
        sent = [self._send(aim) for aim in self._aims]
        gone = _ends([aim.pidfd for aim in self._aims], self._within)
        return targets([self._told(aim, at, gone.get(aim.pidfd)) for aim, at in zip(self._aims, sent, strict=True)])

    def close(self) -> None:
        """Close the pidfds."""
        self._held.close()

    def _send(self, aim: PinnedProcess) -> float | None:
        """Return the moment before the signal left, or None if the process was gone before."""
        moment = time.monotonic()
        return moment if aim.send(self._signal) else None

    def _told(self, aim: PinnedProcess, sent: float | None, gone: float | None) -> Message:
        name = self._signal.name
        if sent is None:
            return effect(False, f"{aim} was gone before the signal")
        if gone is None:
            return effect(False, f"{aim} got {name} and is not gone", sent)
        return effect(True, f"{aim} got {name} and was gone after {(gone - sent) * 1000:.2f} ms (pidfd)", sent, gone)


def _ends(pidfds: Sequence[int], within: float) -> dict[int, float]:
    """Return when each process was seen to be gone: a pidfd is readable from then on."""
    waiting, gone = select.poll(), dict[int, float]()
    for pidfd in pidfds:
        waiting.register(pidfd, select.POLLIN)
    deadline = time.monotonic() + within
    while len(gone) < len(pidfds) and (left := deadline - time.monotonic()) > 0:
        for pidfd, _ in waiting.poll(left * 1000):
            gone[pidfd] = time.monotonic()
            waiting.unregister(pidfd)
    return gone


HARMS: Mapping[str, Harm] = {"kill": Kill(), "stop": Stop()}
