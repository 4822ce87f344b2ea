"""The harness's own heartbeats: what later shows that it, or the machine, stood still or was short of time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from squall.clock import SYSTEM, Clock, Heartbeat
from squall.platforms.capability import OnThisMachine, Platform, Sink
from squall.process.background import background
from squall.record.event import Beat
from squall.run.contention import Neighbours

PERIOD = 1.0


@dataclass(frozen=True, slots=True)
class Processors:
    """Seconds of all processors together since the machine began: ``stolen`` of ``counted`` (proc(5))."""

    stolen: float
    counted: float

    @classmethod
    def read(cls) -> Self | None:
        """Read this machine's; None where the kernel counts no stolen time, as outside Linux."""
        # Its import takes 20 ms, and a command that runs nothing imports this module, too.
        import psutil

        times: dict[str, float] = psutil.cpu_times()._asdict()
        if "steal" not in times:
            return None
        # A guest's time is in the user's already.
        return cls(times["steal"], sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0))


@contextmanager
def heartbeats(sink: Sink, platform: Platform, clock: Clock = SYSTEM) -> Iterator[None]:
    """Write the clocks, the stolen time and the neighbours' to the timeline every second, while the block runs.

    From a thread, and only of the machine's own clock: in a simulation that keeps time itself, a moment of this machine
    says nothing. Neighbours are those of a system that runs on this machine.
    """
    if clock is not SYSTEM:
        yield
        return
    neighbours = Neighbours(platform.processes) if isinstance(platform, OnThisMachine) else None

    def beat(over: threading.Event) -> None:
        while not over.wait(PERIOD):
            now = Heartbeat.read()
            processors = Processors.read()
            stolen, counted = (processors.stolen, processors.counted) if processors else (None, None)
            seen = neighbours.read() if neighbours else None
            others, waited = (seen.others, seen.waited) if seen else (None, None)
            sink(Beat(now.monotonic, "squall", now.boottime, now.realtime, stolen, counted, others, waited))

    with background("squall-heartbeat", beat):
        yield
