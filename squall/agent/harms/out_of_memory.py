"""A target runs out of memory: its control group is filled from within until the kernel ends its main process.

The kernel chooses whom it ends: the main process is made its first choice for the time, and the process that fills is
none. The effect is read at the kernel: the main process is gone, and the group has counted one that was ended.
"""

import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from squall.agent.harms import memory_hog
from squall.agent.harms.contract import Harm, Means, effect, targets
from squall.agent.linux import helper_process, oom_scores
from squall.agent.linux.cgroups import Group, group_of, memory_limit, memory_spare, memory_used
from squall.agent.linux.oom_scores import Score
from squall.agent.scope.pidfds import PinnedProcess, pin
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# The harness waits 10 s for an answer.
GONE_WITHIN = 8.0
# The counter is written before the process is ended; what is read later than this is not of this harm.
COUNTED_WITHIN = 0.5
# A process that the kernel has ended needs some CPU to go, and its group may have little of it.
DIES_WITHIN = 2.0
# In milliseconds, as poll takes it.
LOOK_EVERY = 5
# What the machine keeps for itself and for others while a group is filled.
SPARED = 2


@dataclass(frozen=True, slots=True)
class Prey:
    """One target: its main process, pinned; its group, what is to be written so that it is chosen."""

    pinned: PinnedProcess
    group: Group
    room: int
    scores: Sequence[Score]

    def killed(self) -> int:
        """Return how many of the group the kernel has ended for want of memory. Raises OSError."""
        return self.group.counter("memory.events" if self.group.unified else "memory.oom_control", "oom_kill")


class OutOfMemoryOrder:
    """``{"do": "OutOfMemory", "targets": [...]}``."""

    needs: ClassVar = frozenset({Means.CONTROL_GROUP})

    def pin(self, order: Message, scope: Scope) -> "Filling":
        with ExitStack() as stack:
            prey = [_prey(target, scope, stack) for target in order["targets"]]
            spare = memory_spare(scope.proc)
            if (room := sum(each.room for each in prey)) > spare // SPARED:
                raise Refused(f"filling needs {_mib(room)}, and the node has {_mib(spare)} to spare for all")
            return Filling(prey, scope.proc, stack.pop_all())

    def undo(self, entry: Message) -> str:
        # The process that filled died with its agent.
        return oom_scores.restore(Path(entry["proc"]), [Score.of(each) for each in entry["scores"]])


class Filling:
    """Groups that are about to be filled."""

    def __init__(self, prey: Sequence[Prey], proc: Path, stack: ExitStack) -> None:
        self._prey, self._proc, self._stack = prey, proc, stack

    def journal(self) -> Message:
        return {"proc": str(self._proc), "scores": [score.entry() for each in self._prey for score in each.scores]}

    def do(self) -> Message:
        before = [each.killed() for each in self._prey]
        hogs: list[subprocess.Popen[bytes]] = []
        try:
            sent = []
            for each in self._prey:
                oom_scores.write(self._proc, each.scores)
                sent.append(time.monotonic())
                hogs.append(_hog(each, self._proc))
            ends = watched(self._prey, before, hogs)
            told = [
                _told(each, end, child, at) for each, end, child, at in zip(self._prey, ends, hogs, sent, strict=True)
            ]
        finally:
            for child in hogs:
                helper_process.end(child)
            proof = "; ".join(oom_scores.restore(self._proc, each.scores) for each in self._prey)
        return {**targets(told), "taken back": proof}

    def close(self) -> None:
        self._stack.close()


def _prey(target: Message, scope: Scope, stack: ExitStack) -> Prey:
    main = pin(scope.main(target), target, scope, stack)
    group = group_of("memory", target, main.process, scope)
    try:
        limit, used = memory_limit(group), memory_used(group)
        if not group.unified and group.counter("memory.oom_control", "oom_kill_disable"):
            raise Refused(f"{main} is not ended when its memory runs out: it waits (oom_kill_disable)")
    except OSError as error:
        raise Refused(f"the memory of {main}: {error.strerror}") from error
    if limit is None:
        raise Refused(f"{main} has no memory limit: it cannot run out before its node does")
    return Prey(main, group, max(0, limit - used), oom_scores.scores(target, scope))


def _hog(prey: Prey, proc: Path) -> "subprocess.Popen[bytes]":
    # More than there is room for: what the group can let go of (its page cache) makes room meanwhile.
    most = str(2 * (prey.room + memory_hog.STEP) + memory_used(prey.group))
    return helper_process.start(memory_hog.main, [*helper_process.joining(prey.group, proc), most])


@dataclass
class End:
    """What became of one target: when its main process was seen to be gone, how many the kernel has ended by then."""

    gone: float | None = None
    killed: int = 0


def watched(prey: Sequence[Prey], before: Sequence[int], hogs: Sequence["subprocess.Popen[bytes]"]) -> Sequence[End]:
    """Watch until each main process is gone and counted; wait no longer than that can still come.

    The kernel may end the process that fills, too, if the first takes its time: then nobody keeps the group from being
    taken away, and its counter with it. So that is read all the time, and what was read last is what counts.
    """
    waiting, ends = select.poll(), {each.pinned.pidfd: End() for each in prey}
    for pidfd in ends:
        waiting.register(pidfd, select.POLLIN)
    deadline = time.monotonic() + GONE_WITHIN
    while time.monotonic() < deadline and not all(end.gone and end.killed for end in ends.values()):
        for pidfd, _ in waiting.poll(LOOK_EVERY):
            ends[pidfd].gone = time.monotonic()
            waiting.unregister(pidfd)
        for each, end, count in zip(prey, ends.values(), before, strict=True):
            end.killed = max(end.killed, _killed(each) - count)
        if hogs and all(child.poll() is not None for child in hogs):
            deadline = min(deadline, time.monotonic() + DIES_WITHIN)
            hogs = ()
        if all(end.gone for end in ends.values()):
            deadline = min(deadline, max(end.gone or 0.0 for end in ends.values()) + COUNTED_WITHIN)
    return list(ends.values())


def _told(prey: Prey, end: End, child: "subprocess.Popen[bytes]", sent: float) -> Message:
    if end.gone is None:
        why = child.stdout.read().decode().strip() if child.stdout and child.poll() is not None else ""
        return effect(False, f"{prey.pinned} lives, with its memory filled ({why or 'the kernel ended nobody'})", sent)
    if end.killed <= 0:
        return effect(
            False, f"{prey.pinned} is gone, but the kernel counts none that it ended for want of memory", sent
        )
    took = f"{end.gone - sent:.3f} s after its memory began to be filled"
    return effect(True, f"{prey.pinned} was ended by the kernel for want of memory, {took} (oom_kill)", sent, end.gone)


def _killed(prey: Prey) -> int:
    with suppress(OSError):
        return prey.killed()
    return 0


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB"


HARMS: Mapping[str, Harm] = {"OutOfMemory": OutOfMemoryOrder()}
