"""The harness's own heartbeats: what later shows that it, or the machine, stood still or was short of time."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import JsonValue

from squall.clock import Heartbeat
from squall.platforms.capability import Sink
from squall.record.event import Event

PERIOD = 1.0

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


@contextmanager
def heartbeats(sink: Sink) -> Iterator[None]:
    """Write the clocks and the stolen time to the timeline every second, from a thread, while the block runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(PERIOD):
            now = Heartbeat.read()
            what: dict[str, JsonValue] = {"boottime": now.boottime, "realtime": now.realtime}
            if (processors := Processors.read()) is not None:
                what |= {"stolen": processors.stolen, "counted": processors.counted}
            sink(Event(now.monotonic, "heartbeat", "squall", what))

    thread = threading.Thread(target=beat, name="squall-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
