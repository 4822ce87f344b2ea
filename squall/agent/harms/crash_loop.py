"""Targets end as soon as they are started, again and again for a time: whoever starts them waits longer each time.

A thread of the harm's own looks for what was started in a target's place and kills it: what renews harms comes by too
seldom for that. It ends with the agent, so that nothing is left to be undone.
"""

import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import ClassVar

from squall.agent.harms.contract import AS_STATED, TARGET_GONE, Harm, Means, each_of, effect, ending, targets
from squall.agent.harms.crash import GONE_WITHIN, ends
from squall.agent.scope.pidfds import PinnedProcess, pin
from squall.agent.scope.scope import KnowsRestarts, Scope
from squall.agent.wire import Message, Refused

# The harness waits 10 s for an answer. A kubelet starts a container that ran well again within some seconds.
AGAIN_WITHIN = 8.0
# A program that is started takes longer than this before it serves anybody.
LOOK_EVERY = 0.1


class CrashLoopOrder:
    """``{"do": "CrashLoop", "targets": [...], "lasts": seconds}``."""

    needs: ClassVar = frozenset({Means.SIGNALS})

    def pin(self, order: Message, scope: Scope) -> "LoopingTargets":
        with ExitStack() as stack:
            loops = [_loop(target, scope, stack) for target in order["targets"]]
            return LoopingTargets(loops, stack.pop_all())

    def undo(self, entry: Message) -> str:
        return f"nobody ends them at their start any more ({len(entry['targets'])} targets): their killer went"


class KilledAtStart:
    """One target: what it is called, its process of now, and how often it was killed."""

    def __init__(self, scope: Scope, restarts: KnowsRestarts, target: Message, name: str, first: PinnedProcess) -> None:
        self._scope, self._restarts, self._target, self._name = scope, restarts, target, name
        self.first = first
        self.sent = self.gone = 0.0
        # How often one that was started in the first one's place was killed, and why the last could not be.
        self.again = 0
        self.problem = ""

    def begin(self) -> None:
        """Kill the first."""
        self.sent = time.monotonic()
        if not self.first.send(signal.SIGKILL):
            self.problem = "it was gone before the signal"

    def await_gone(self) -> None:
        """Wait until the first is gone."""
        gone = ends([self.first.pidfd], GONE_WITHIN)
        self.gone = gone.get(self.first.pidfd, 0.0)

    def look(self) -> None:
        """Kill what was started in its place, if anything was. Raises nothing; see ``problem``."""
        try:
            if (target := self._restarts.started_again(self._target, self._name)) is None:
                return
            with ExitStack() as stack:
                started = pin(self._scope.main(target), target, self._scope, stack)
                killed = started.send(signal.SIGKILL) and bool(ends([started.pidfd], GONE_WITHIN))
            self.again += killed
            self._target, self.problem = target, "" if killed else f"{started} got SIGKILL and is not gone"
        except (OSError, Refused) as error:
            # One that ends by itself, or has not quite begun: it is looked for again.
            self.problem = str(error)

    def effect(self) -> Message:
        """Tell whether it was ended, started again by somebody, and ended again."""
        if not self.gone:
            return effect(False, f"{self.first} got SIGKILL and is not gone; {self.problem}", self.sent)
        if not self.again:
            why = f" ({self.problem})" if self.problem else ""
            return effect(False, f"{self.first} was killed, and nobody started it again within {AGAIN_WITHIN:g} s{why}",
                          self.sent)  # fmt: skip
        told = f"{self.first} was killed, started again, and killed at its start"
        return effect(True, told, self.sent, self.gone)

    def ending(self, sent: float) -> Message:
        """Tell how often it was ended, and who decides when it is back."""
        try:
            self._restarts.started_again(self._target, self._name)
        except Refused as refusal:
            return ending(TARGET_GONE, f"{refusal}, before the end", None, sent)
        told = f"it was killed at {self.again} more starts and is left alone now"
        return ending(AS_STATED, f"{told}; whoever starts it may still wait (back-off)", sent, time.monotonic())


class LoopingTargets:
    """Targets whose first processes are pinned, and the thread that goes on."""

    def __init__(self, loops: Sequence[KilledAtStart], stack: ExitStack) -> None:
        self._loops, self._stack = loops, stack
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="crash loop", daemon=True)

    def journal(self) -> Message:
        pinned = [loop.first.process for loop in self._loops]
        return {"targets": [{"pid": each.pid, "started": each.started} for each in pinned]}

    def do(self) -> Message:
        for loop in self._loops:
            loop.begin()
        for loop in self._loops:
            loop.await_gone()
        self._thread.start()
        deadline = time.monotonic() + AGAIN_WITHIN
        while time.monotonic() < deadline and not all(loop.again for loop in self._loops):
            time.sleep(LOOK_EVERY)
        return targets([loop.effect() for loop in self._loops])

    def end(self) -> Message:
        sent = time.monotonic()
        self._stop()
        return targets(each_of(lambda loop: loop.ending(sent), self._loops))

    def close(self) -> None:
        self._stop()
        self._stack.close()

    def _go_on(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            for loop in self._loops:
                loop.look()

    def _stop(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()


def _loop(target: Message, scope: Scope, stack: ExitStack) -> KilledAtStart:
    if not isinstance(scope, KnowsRestarts):
        raise Refused("what is started in a target's place cannot be found here")
    name = scope.restart_name(target)
    return KilledAtStart(scope, scope, target, name, pin(scope.main(target), target, scope, stack))


HARMS: Mapping[str, Harm] = {"CrashLoop": CrashLoopOrder()}
