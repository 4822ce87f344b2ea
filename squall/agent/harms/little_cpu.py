"""A target is left with little CPU for a time: the quota of its control group is lowered, and put back.

Nothing is burnt: the kernel lets its processes wait. The effect is the time for which it did, counted in the group.
"""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

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
from squall.agent.linux.cgroups import Group, group_of, is_control_group
from squall.agent.linux.syscalls import is_gone
from squall.agent.scope.pidfds import PinnedProcess, pin
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# The shortest quota that the kernel takes (microseconds of each period, kernel/sched/core.c).
SHORTEST = 1000
# A group that wants CPU is throttled within a period (0.1 s); one that has wanted none for this long is immune.
THROTTLED_WITHIN = 5.0
LOOK_EVERY = 0.01
NO_LIMIT = {"max", "-1"}
# The files of a quota, and what they can hold: an entry of a journal may write nothing else anywhere.
FILES = {"cpu.max", "cpu.cfs_quota_us"}
QUOTA = re.compile(r"(max|-1|\d{1,19})( \d{1,19})?")


@dataclass(frozen=True, slots=True)
class Quota:
    """A group's quota, in version 1 or 2: the file, what it says, and what is to be written."""

    group: Group
    file: str
    was: str
    wanted: str

    def read(self) -> str:
        """Return what it says now. Raises OSError."""
        return self.group.read(self.file)

    def write(self, value: str) -> None:
        """Write it, and read it back. Raises OSError."""
        self.group.write(self.file, value)
        if (now := self.read()) != value:
            raise OSError(f"{self.group.path / self.file} says {now}, not {value}")

    def throttled(self) -> tuple[int, float]:
        """Return how often the group was kept waiting, and for how many seconds in all. Raises OSError."""
        if self.group.unified:
            return self.group.counter("cpu.stat", "nr_throttled"), self.group.counter(
                "cpu.stat", "throttled_usec"
            ) / 1e6
        return self.group.counter("cpu.stat", "nr_throttled"), self.group.counter("cpu.stat", "throttled_time") / 1e9

    @classmethod
    def of(cls, group: Group, share: float) -> "Quota":
        """Return the quota of a group that is to have ``share`` of one CPU.

        Raises:
            Refused: it has no more already.
            OSError: it cannot be read.
        """
        if group.unified:
            file = "cpu.max"
            quota, period = (was := group.read(file)).split()
        else:
            file, period = "cpu.cfs_quota_us", group.read("cpu.cfs_period_us")
            quota = was = group.read(file)
        wanted = max(SHORTEST, round(share * int(period)))
        if quota not in NO_LIMIT and int(quota) <= wanted:
            raise Refused(f"it has {int(quota) / int(period):.3g} of a CPU already")
        return cls(group, file, was, f"{wanted} {period}" if group.unified else str(wanted))


class LittleCpuOrder:
    """``{"do": "LittleCpu", "targets": [...], "lasts": seconds, "share": of one CPU}``."""

    needs: ClassVar = frozenset({Means.CONTROL_GROUP})

    def pin(self, order: Message, scope: Scope) -> "Starving":
        share = float(order["share"])
        if not share > 0:
            raise ValueError(f"a share of a CPU is above 0, not {share:g}")
        with ExitStack() as stack:
            starved = []
            for target in order["targets"]:
                main = pin(scope.main(target), target, scope, stack)
                try:
                    starved.append((main, Quota.of(group_of("cpu", target, main.process, scope), share)))
                except Refused as refusal:
                    raise Refused(f"{main}: {refusal}") from refusal
                except (OSError, ValueError) as error:
                    raise Refused(f"the CPU quota of {main} cannot be read: {error}") from error
            return Starving(starved, stack.pop_all())

    def undo(self, entry: Message) -> str:
        return "; ".join(each_of(_put_back, entry["quotas"]))


class Starving:
    """Quotas that are about to be lowered, and put back at the end."""

    def __init__(self, starved: Sequence[tuple[PinnedProcess, Quota]], stack: ExitStack) -> None:
        self._starved, self._stack = starved, stack
        self._before: list[tuple[int, float]] = []

    def journal(self) -> Message:
        quotas = [_entry(quota) for _, quota in self._starved]
        return {"quotas": quotas}

    def do(self) -> Message:
        sent = []
        for _, quota in self._starved:
            self._before.append(quota.throttled())
            sent.append(time.monotonic())
            quota.write(quota.wanted)
        each = zip(self._starved, self._before, sent, strict=True)
        return targets([_proven(main, quota, before, at) for (main, quota), before, at in each])

    def end(self) -> Message:
        each = zip(self._starved, self._before, strict=True)
        return targets(each_of(lambda one: _ended(*one[0], one[1][1]), each))

    def close(self) -> None:
        self._stack.close()


def _proven(main: PinnedProcess, quota: Quota, before: tuple[int, float], sent: float) -> Message:
    while True:
        try:
            times, waited = quota.throttled()
        except OSError:
            return effect(False, f"{main} was gone before its CPU was short", sent)
        seen = time.monotonic()
        if times > before[0] and waited > before[1]:
            kept = f"kept waiting for {waited - before[1]:.3f} s of the first {seen - sent:.3f} s (cpu.stat)"
            return effect(True, f"{main} has a quota of {quota.wanted} and was {kept}", sent, seen)
        if seen > sent + THROTTLED_WITHIN:
            wants = f"wanted no more CPU than that for {THROTTLED_WITHIN:g} s"
            return effect(False, f"{main} has a quota of {quota.wanted} and {wants}", sent)
        time.sleep(LOOK_EVERY)


def _ended(main: PinnedProcess, quota: Quota, before: float) -> Message:
    try:
        now, (_, waited) = quota.read(), quota.throttled()
    except OSError as error:
        if not is_gone(error):
            raise
        return ending(TARGET_GONE, f"the control group of {main} was gone before the end")
    if now != quota.wanted:
        return ending(BY_OTHERS, f"someone changed the CPU quota of {main} to {now} before the end")
    sent = time.monotonic()
    quota.write(quota.was)
    told = f"{main} has its quota of {quota.was} again, and was kept waiting for {waited - before:.3f} s in all"
    return ending(AS_STATED, told, sent, time.monotonic())


def _entry(quota: Quota) -> Message:
    return {
        "path": str(quota.group.path),
        "unified": quota.group.unified,
        "file": quota.file,
        "was": quota.was,
        "wanted": quota.wanted,
    }


def _put_back(said: Mapping[str, Any]) -> str:
    path = Path(said["path"])
    if said["file"] not in FILES or not all(QUOTA.fullmatch(said[each]) for each in ("was", "wanted")):
        raise ValueError(f"{said['file']} with {said['was']} is no quota of a CPU")
    if not is_control_group(path):
        raise ValueError(f"{path} is no control group")
    quota = Quota(Group(path, path, bool(said["unified"])), said["file"], said["was"], said["wanted"])
    try:
        now = quota.read()
    except OSError as error:
        if not is_gone(error):
            raise
        return f"the control group {path.name} is gone"
    if now != quota.wanted:
        return f"the CPU quota of {path.name} is {now}: not ours"
    quota.write(quota.was)
    return f"the CPU quota of {path.name} is {quota.was} again"


HARMS: Mapping[str, Harm] = {"LittleCpu": LittleCpuOrder()}
