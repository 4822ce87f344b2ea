"""A target runs out of memory: its control group is filled from within until the kernel ends its main process.

The kernel chooses whom it ends: the main process is made its first choice for the time, and the process that fills is
none. The effect is read at the kernel: the main process is gone, and the group has counted one that was ended.
"""

import select
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from squall.agent import companion, hog, scores
from squall.agent.groups import Group, group_of, memory_limit, memory_spare, memory_used
from squall.agent.harm import effect, targets
from squall.agent.held import Aim, aim
from squall.agent.place import Place
from squall.agent.scores import Score
from squall.agent.wire import Message, Refused

# The harness waits 10 s for an answer.
GONE_WITHIN = 8.0
# The counter is written before the process is ended; what is read later than this is not of this harm.
COUNTED_WITHIN = 0.5
# A process that the kernel has ended needs some CPU to go, and its group may have little of it.
DIES_WITHIN = 2.0
LOOK_EVERY = 0.005
# What the machine keeps for itself and for others while a group is filled.
SPARED = 2


@dataclass(frozen=True, slots=True)
class Prey:
    """One target: its main process held fast, its group, what is to be written so that it is chosen."""

    aim: Aim
    group: Group
    room: int
    scores: Sequence[Score]

    def killed(self) -> int:
        """Return how many of the group the kernel has ended for want of memory. Raises OSError."""
        return self.group.counter("memory.events" if self.group.unified else "memory.oom_control", "oom_kill")


class Memory:
    """``{"do": "memory", "targets": [...]}``."""

    def aim(self, order: Message, place: Place) -> "Filling":
        """Find each target's group. Raises Refused: it has no limit, or one that its node could not bear."""
        with ExitStack() as held:
            prey = [_prey(target, place, held) for target in order["targets"]]
            spare = memory_spare(place.proc)
            if (room := sum(each.room for each in prey)) > spare // SPARED:
                raise Refused(f"filling needs {_mib(room)}, and the node has {_mib(spare)} to spare for all")
            return Filling(prey, place.proc, held.pop_all())

    def undo(self, entry: Message) -> str:
        """Put back whom the kernel would choose; the process that filled died with its agent."""
        return scores.restore(Path(entry["proc"]), [Score.of(each) for each in entry["scores"]])


class Filling:
    """Groups that are about to be filled."""

    def __init__(self, prey: Sequence[Prey], proc: Path, held: ExitStack) -> None:
        self._prey, self._proc, self._held = prey, proc, held

    def journal(self) -> Message:
        """Return what is going to be written, and what was there."""
        return {"proc": str(self._proc), "scores": [score.entry() for each in self._prey for score in each.scores]}

    def do(self) -> Message:
        """Fill all groups at once, wait until each main process is gone, and read what the kernel has counted."""
        before = [each.killed() for each in self._prey]
        hogs: list[subprocess.Popen[bytes]] = []
        try:
            sent = []
            for each in self._prey:
                scores.write(self._proc, each.scores)
                sent.append(time.monotonic())
                hogs.append(_hog(each, self._proc))
            gone = _ends(self._prey, hogs)
            told = [
                _told(each, count, child, at, gone.get(each.aim.pidfd))
                for each, count, child, at in zip(self._prey, before, hogs, sent, strict=True)
            ]
        finally:
            for child in hogs:
                companion.end(child)
            proof = "; ".join(scores.restore(self._proc, each.scores) for each in self._prey)
        return {**targets(told), "taken back": proof}

    def close(self) -> None:
        """Close the pidfds."""
        self._held.close()


def _prey(target: Message, place: Place, held: ExitStack) -> Prey:
    main = aim(place.main(target), target, place, held)
    group = group_of("memory", target, main.process, place)
    try:
        limit, used = memory_limit(group), memory_used(group)
        if not group.unified and group.counter("memory.oom_control", "oom_kill_disable"):
            raise Refused(f"{main} is not ended when its memory runs out: it waits (oom_kill_disable)")
    except OSError as error:
        raise Refused(f"the memory of {main}: {error.strerror}") from error
    if limit is None:
        raise Refused(f"{main} has no memory limit: it cannot run out before its node does")
    return Prey(main, group, max(0, limit - used), scores.scores(target, place))


def _hog(prey: Prey, proc: Path) -> "subprocess.Popen[bytes]":
    # More than there is room for: what the group can let go of (its page cache) makes room meanwhile.
    most = str(2 * (prey.room + hog.STEP) + memory_used(prey.group))
    return companion.start(hog.main, [*companion.joining(prey.group, proc), most])


def _ends(prey: Sequence[Prey], hogs: Sequence["subprocess.Popen[bytes]"]) -> dict[int, float]:
    """Return when each main process was seen to be gone; waits no longer than that can still come."""
    waiting, gone = select.poll(), dict[int, float]()
    for each in prey:
        waiting.register(each.aim.pidfd, select.POLLIN)
    deadline = time.monotonic() + GONE_WITHIN
    while len(gone) < len(prey) and time.monotonic() < deadline:
        for pidfd, _ in waiting.poll(50):
            gone[pidfd] = time.monotonic()
            waiting.unregister(pidfd)
        if hogs and all(child.poll() is not None for child in hogs):
            deadline = min(deadline, time.monotonic() + DIES_WITHIN)
            hogs = ()
    return gone


def _told(prey: Prey, before: int, child: "subprocess.Popen[bytes]", sent: float, gone: float | None) -> Message:
    if gone is None:
        why = child.stdout.read().decode().strip() if child.stdout and child.poll() is not None else ""
        return effect(False, f"{prey.aim} lives, with its memory filled ({why or 'the kernel ended nobody'})", sent)
    # As long as the hog is in it the group cannot be taken away.
    deadline = time.monotonic() + COUNTED_WITHIN
    while not (ended := _killed(prey) - before) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
    if ended <= 0:
        return effect(False, f"{prey.aim} is gone, but the kernel counts none that it ended for want of memory", sent)
    took = f"{gone - sent:.3f} s after its memory began to be filled"
    return effect(True, f"{prey.aim} was ended by the kernel for want of memory, {took} (oom_kill)", sent, gone)


def _killed(prey: Prey) -> int:
    with suppress(OSError):
        return prey.killed()
    return 0


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB"
