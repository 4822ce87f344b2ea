"""SIGSTOP to all processes of targets, SIGCONT at the end: they keep their connections and answer nobody."""

import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from squall.agent.harms.contract import (
    AS_STATED,
    BY_OTHERS,
    TARGET_GONE,
    Harm,
    Means,
    each_of,
    effect,
    ending,
    targets,
)
from squall.agent.scope.pidfds import PinnedProcess, pin, pin_again
from squall.agent.scope.processes import Process, start, state
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# A process in an uninterruptible call stops when that call is over.
STOPPED_WITHIN = 2.0
LOOK_EVERY = 0.001
STOPPED = "T"


class FreezeOrder:
    """``{"do": "Freeze", "targets": [...], "lasts": seconds}``."""

    needs: ClassVar = frozenset({Means.SIGNALS})

    def pin(self, order: Message, scope: Scope) -> "Frozen":
        # One that is stopped already is refused: its end would not be ours.
        with ExitStack() as stack:
            groups = [_group(target, scope, stack) for target in order["targets"]]
            return Frozen(groups, scope.proc, stack.pop_all())

    def undo(self, entry: Message) -> str:
        proc = Path(entry["proc"])
        continued = sum(each_of(lambda said: _undone(said, proc), entry["processes"]))
        return f"{continued} of {len(entry['processes'])} processes were still stopped, and run again (/proc)"


class Frozen:
    """All processes of each target, pinned; the first of each group is the main process."""

    def __init__(self, groups: Sequence[Sequence[PinnedProcess]], proc: Path, stack: ExitStack) -> None:
        self._groups, self._proc, self._stack = groups, proc, stack

    def journal(self) -> Message:
        all_of_them = [{"pid": a.process.pid, "started": a.process.started} for group in self._groups for a in group]
        return {"proc": str(self._proc), "processes": all_of_them}

    def do(self) -> Message:
        sent = []
        for group in self._groups:
            sent.append(time.monotonic())
            for each in group:
                each.send(signal.SIGSTOP)
        return targets([self._stopped(group, at) for group, at in zip(self._groups, sent, strict=True)])

    def end(self) -> Message:
        return targets(each_of(self._ended, self._groups))

    def close(self) -> None:
        self._stack.close()

    def _stopped(self, group: Sequence[PinnedProcess], sent: float) -> Message:
        deadline = sent + STOPPED_WITHIN
        while others := [each for each in group if self._state(each) not in {STOPPED, "", "Z", "X"}]:
            if time.monotonic() > deadline:
                return effect(False, f"{others[0]} got SIGSTOP and is in the state {self._state(others[0])}", sent)
            time.sleep(LOOK_EVERY)
        seen = time.monotonic()
        if self._state(group[0]) != STOPPED:
            return effect(False, f"{group[0]} was gone before it stopped", sent)
        return effect(True, f"{group[0]} and {len(group) - 1} more are in the state T (/proc)", sent, seen)

    def _ended(self, group: Sequence[PinnedProcess]) -> Message:
        sent = time.monotonic()
        try:
            was = self._state(group[0])
        finally:
            # Also if its state cannot be read: to continue is what matters, and to know it comes after that.
            for each in group:
                each.send(signal.SIGCONT)
        if was in {"", "Z", "X"}:
            return ending(TARGET_GONE, f"{group[0]} was gone before the end", None, sent)
        if was != STOPPED:
            return ending(BY_OTHERS, f"{group[0]} ran before the end: someone continued it", None, sent)
        deadline = sent + STOPPED_WITHIN
        while self._state(group[0]) == STOPPED and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        if self._state(group[0]) == STOPPED:
            raise OSError(f"{group[0]} got SIGCONT and is still stopped")
        return ending(AS_STATED, f"{group[0]} runs again (/proc)", sent, time.monotonic())

    def _state(self, each: PinnedProcess) -> str:
        same = start(self._proc, each.process.pid) == each.process.started
        return state(self._proc, each.process.pid) if same else ""


def _group(target: Message, scope: Scope, stack: ExitStack) -> list[PinnedProcess]:
    pinned = []
    for process in scope.members(target):
        try:
            pinned.append(pin(process, target, scope, stack))
        except Refused:
            # A process that ended by itself meanwhile is missed by nobody, but for the main one.
            if not pinned:
                raise
    if (was := state(scope.proc, pinned[0].process.pid)) == STOPPED:
        raise Refused(f"{pinned[0]} is stopped already (state {was})")
    return pinned


def _undone(said: Message, proc: Path) -> bool:
    """Continue a process that was written down; say whether it was still stopped. Raises OSError: it still is."""
    process = Process(int(said["pid"]), int(said["started"]))
    if start(proc, process.pid) != process.started or state(proc, process.pid) != STOPPED:
        return False
    if not _continued(process, proc):
        raise OSError(f"process {process.pid} is still stopped")
    return True


def _continued(process: Process, proc: Path) -> bool:
    with ExitStack() as stack:
        try:
            pin_again(process, proc, stack).send(signal.SIGCONT)
        except Refused:
            return True
    deadline = time.monotonic() + STOPPED_WITHIN
    while start(proc, process.pid) == process.started and state(proc, process.pid) == STOPPED:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True


HARMS: Mapping[str, Harm] = {"Freeze": FreezeOrder()}
