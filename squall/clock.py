"""Time as an argument: whoever reads a clock or sleeps is given one. Waiting for a condition is in waiting.py."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol


class Clock(Protocol):
    """What everything that waits or stamps is given."""

    def now(self) -> float:
        """Return CLOCK_MONOTONIC in seconds: one clock for all processes of the host."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return CLOCK_MONOTONIC in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(max(0.0, seconds))


SYSTEM = SystemClock()


def boottime() -> float:
    """Return CLOCK_BOOTTIME in seconds, which goes on while the machine is suspended, as all others' time does."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The three clocks read together, in seconds.

    MONOTONIC stands still while the machine is suspended and BOOTTIME does not; REALTIME can be set.
    So a change of their differences shows a suspend or a step that durations would hide.
    """

    monotonic: float
    boottime: float
    realtime: float

    @classmethod
    def read(cls) -> "Heartbeat":
        """Read all three, at once as nearly as a process can."""
        return cls(time.monotonic(), boottime(), time.time())

    def slept_since(self, earlier: "Heartbeat") -> float:
        """Return for how many seconds the machine was suspended since an earlier beat."""
        return (self.boottime - earlier.boottime) - (self.monotonic - earlier.monotonic)


# A beat that comes this much later than its period was held up: a frozen process or machine.
LONGEST_PAUSE = 5.0
# NTP slews by at most 0.5 ms/s; anything larger than this between two beats is a step.
LARGEST_STEP = 0.25


def jump(beats: Sequence[Heartbeat]) -> str | None:
    """Say which jump the clocks made over successive beats, or None.

    A suspend moves BOOTTIME against MONOTONIC; a clock step moves REALTIME against BOOTTIME; a long pause
    of the process leaves a gap between beats (they come every second).
    """
    for before, after in pairwise(beats):
        elapsed = after.monotonic - before.monotonic
        if (slept := after.slept_since(before)) > LARGEST_STEP:
            return f"the machine was suspended for {slept:.1f} s"
        stepped = (after.realtime - before.realtime) - (after.boottime - before.boottime)
        if abs(stepped) > LARGEST_STEP:
            return f"the wall clock was stepped by {stepped:+.1f} s"
        if elapsed > LONGEST_PAUSE:
            return f"the harness stood still for {elapsed:.1f} s"
    return None
