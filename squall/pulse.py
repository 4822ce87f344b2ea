"""The harness's own heartbeats: what later shows that it, or the machine, stood still."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from squall.clock import Heartbeat
from squall.platforms.capability import Sink
from squall.record import Event

PERIOD = 1.0


@contextmanager
def heartbeats(sink: Sink) -> Iterator[None]:
    """Write all three clocks to the timeline every second, from a thread, while the block runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(PERIOD):
            now = Heartbeat.read()
            sink(Event(now.monotonic, "heartbeat", "squall", {"boottime": now.boottime, "realtime": now.realtime}))

    thread = threading.Thread(target=beat, name="squall-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
