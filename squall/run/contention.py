"""Who else on this machine used its processors: read from /proc, for the heartbeats. Judges nothing.

A neighbour is what neither belongs to the run nor to the system under test. If the system itself needs all that there
is, that is its own affair; if a neighbour does, what was slow meanwhile says nothing about the system.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class ProcessTime:
    """A process: its parent, and the processor time (s) that it and the children that it waited for have had."""

    parent: int
    used: float


@dataclass(frozen=True, slots=True)
class Contention:
    """Seconds so far: of ``others``' use of all processors together, and in which somebody ``waited`` for one."""

    others: float
    waited: float


@dataclass(frozen=True, slots=True)
class Usage:
    """The machine at a moment (s): what its processors did in all, who waited for them, and each process's part."""

    busy: float
    waited: float
    processes: Mapping[int, ProcessTime]

    @classmethod
    def read(cls, proc: Path = PROC) -> Self | None:
        """Read it; None where the kernel does not tell who waits (PSI, proc(5))."""
        tick = os.sysconf("SC_CLK_TCK")
        try:
            pressure = (proc / "pressure" / "cpu").read_text()
            times = (proc / "stat").read_text().split("\n", 1)[0].split()[1:]
        except OSError:
            return None
        user, nice, system, _, _, interrupts, soft = (int(each) / tick for each in times[:7])
        folders = [each for each in proc.iterdir() if each.name.isdigit()]
        found = {int(each.name): seen for each in folders if (seen := _process(each, tick)) is not None}
        waited = int(pressure.split("\n", 1)[0].rpartition("total=")[2]) / 1e6
        return cls(user + nice + system + interrupts + soft, waited, found)


def _process(folder: Path, tick: int) -> ProcessTime | None:
    try:
        # The name is in brackets, and may hold any of them and blanks.
        said = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return ProcessTime(int(said[1]), sum(int(each) for each in said[11:15]) / tick)


class Neighbours:
    """Adds up, reading for reading, what neighbours used.

    ``roots`` gives the processes of this machine below which the system runs; what descends from this process belongs
    to the run. It is asked again when one of them has gone.
    """

    def __init__(
        self, roots: Callable[[], Collection[int] | None], read: Callable[[], Usage | None] = Usage.read
    ) -> None:
        self._find, self._read = roots, read
        self._roots: Collection[int] | None = None
        self._before: Usage | None = None
        self._others = 0.0

    def read(self) -> Contention | None:
        """Return the sums since the first reading; None where the kernel, or the platform, does not tell."""
        if (now := self._read()) is None:
            return None
        if self._roots is None or not all(root in now.processes for root in self._roots):
            self._roots = self._find()
        before, self._before = self._before or now, now
        if self._roots is None:
            return None
        spent = now.busy - before.busy - self._ours(self._roots, before, now)
        self._others += max(0.0, spent)
        return Contention(self._others, now.waited)

    def _ours(self, roots: Collection[int], before: Usage, now: Usage) -> float:
        """Return what the run and its system used between two readings; what was started since, in all of its life."""
        none = ProcessTime(0, 0.0)
        ours = family({os.getpid(), *roots}, now.processes)
        return sum(max(0.0, now.processes[pid].used - before.processes.get(pid, none).used) for pid in ours)


def family(roots: Collection[int], processes: Mapping[int, ProcessTime]) -> set[int]:
    """Return those of the processes that are roots, or descend from one."""
    found = {pid for pid in roots if pid in processes}
    while new := {pid for pid, seen in processes.items() if seen.parent in found} - found:
        found |= new
    return found
