"""The harness's own heartbeats: what later shows that it, or the machine, stood still or was short of time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from squall.clock import SYSTEM, Clock, Heartbeat
from squall.platforms.capability import Sink
from squall.record.event import Beat

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
def heartbeats(sink: Sink, clock: Clock = SYSTEM) -> Iterator[None]:
    """Write the clocks and the stolen time to the timeline every second, from a thread, while the block runs.

    Only of the machine's own clock: in a simulation that keeps time itself, a moment of this machine says nothing.
    """
    if clock is not SYSTEM:
        yield
        return
    over = threading.Event()

    def beat() -> None:
        while not over.wait(PERIOD):
            now = Heartbeat.read()
            processors = Processors.read()
            stolen, counted = (processors.stolen, processors.counted) if processors else (None, None)
            sink(Beat(now.monotonic, "squall", now.boottime, now.realtime, stolen, counted))

    thread = threading.Thread(target=beat, name="squall-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
