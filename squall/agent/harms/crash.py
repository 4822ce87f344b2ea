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
from squall.agent.scope.pidfds import PinnedProcess, pin
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message

# A killed process that is not gone by then hangs in the kernel.
GONE_WITHIN = 5.0


class CrashOrder:
    """``{"do": "Crash", "targets": [...]}``: SIGKILL."""

    needs: ClassVar = frozenset({Means.SIGNALS})

    def pin(self, order: Message, scope: Scope) -> "SignalledProcesses":
        return signalled(order, scope, signal.SIGKILL, GONE_WITHIN)

    def undo(self, entry: Message) -> str:
        return f"a crash is over when it is done, nothing is left of it ({len(entry['targets'])} processes)"


def signalled(order: Message, scope: Scope, number: signal.Signals, within: float) -> "SignalledProcesses":
    """Pin the main process of each target, each to get that signal and be gone ``within`` seconds. Raises Refused."""
    with ExitStack() as stack:
        pinned = [pin(scope.main(target), target, scope, stack) for target in order["targets"]]
        return SignalledProcesses(pinned, stack.pop_all(), number, within)


class SignalledProcesses:
    """Pinned main processes; they are gone ``within`` seconds of the signal, or it had no effect."""

    def __init__(
        self, pinned: Sequence[PinnedProcess], stack: ExitStack, number: signal.Signals, within: float
    ) -> None:
        self._pinned, self._stack, self._signal, self._within = pinned, stack, number, within

    def journal(self) -> Message:
        return {"targets": [{"pid": each.process.pid, "started": each.process.started} for each in self._pinned]}

    def do(self) -> Message:
        sent = [self._send(each) for each in self._pinned]
        gone = ends([each.pidfd for each in self._pinned], self._within)
        each_sent = zip(self._pinned, sent, strict=True)
        return targets([self._effect(each, at, gone.get(each.pidfd)) for each, at in each_sent])

    def close(self) -> None:
        self._stack.close()

    def _send(self, pinned: PinnedProcess) -> float | None:
        """Return the moment before the signal left, or None if the process was gone before."""
        moment = time.monotonic()
        return moment if pinned.send(self._signal) else None

    def _effect(self, pinned: PinnedProcess, sent: float | None, gone: float | None) -> Message:
        name = self._signal.name
        if sent is None:
            return effect(False, f"{pinned} was gone before the signal")
        if gone is None:
            return effect(False, f"{pinned} got {name} and is not gone", sent)
        return effect(True, f"{pinned} got {name} and was gone after {(gone - sent) * 1000:.2f} ms (pidfd)", sent, gone)


def ends(pidfds: Sequence[int], within: float) -> dict[int, float]:
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


HARMS: Mapping[str, Harm] = {"Crash": CrashOrder()}
