"""The harness's own heartbeats: what later shows that it, or the machine, stood still or was short of time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import JsonValue

from squall.clock import Heartbeat
from squall.platforms.capability import Sink
from squall.record.event import Event
from squall.run.machine import Processors

PERIOD = 1.0


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
