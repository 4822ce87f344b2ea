"""This machine's processors: how much of their time its host gave to other machines, which is called stolen."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_STAT = Path("/proc/stat")
# user, nice, system, idle, iowait, irq, softirq, steal; a guest's time, that follows, is in user already.
_STEAL = 7


@dataclass(frozen=True, slots=True)
class Processors:
    """Seconds of all processors together since the machine began: ``stolen`` of ``counted`` (proc(5), /proc/stat)."""

    stolen: float
    counted: float

    @classmethod
    def read(cls) -> Self | None:
        """Read this machine's; None where the kernel counts no stolen time, as outside Linux."""
        try:
            return cls.parsed(_STAT.read_text(), os.sysconf("SC_CLK_TCK"))
        except OSError:
            return None

    @classmethod
    def parsed(cls, text: str, ticks_per_second: int) -> Self | None:
        """Read them from the text of ``/proc/stat``; None if its first line has no stolen time."""
        ticks = [int(each) for each in text.partition("\n")[0].split()[1 : _STEAL + 2]]
        if len(ticks) <= _STEAL:
            return None
        return cls(ticks[_STEAL] / ticks_per_second, sum(ticks) / ticks_per_second)
