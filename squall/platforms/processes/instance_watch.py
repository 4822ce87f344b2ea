"""Looking again and again in a thread, and telling what changed; each event bears the moment after its look.

So an event is late by at most the pause between two looks and the look's own length.
"""

import threading
from collections.abc import Mapping, Sequence

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.platforms.capability import Sink
from squall.platforms.processes.events import changes, first
from squall.platforms.processes.programs import Layout
from squall.platforms.processes.status import ProcessStatus, StatusReader
from squall.record.event import RunVoided
from squall.verdict import Cause

LOOK_EVERY = 0.075
# What is seen after a gap longer than this is too late to be believed.
LONGEST_GAP = 1.0


class ProcessWatch:
    """A running watch of some services; the first state is in the sink when it is made."""

    def __init__(self, sight: StatusReader, layout: Layout, services: Sequence[str], sink: Sink, clock: Clock) -> None:
        self._sight, self._sink, self._clock = sight, sink, clock
        self._services = {process.name: service for service in services for process in layout.of(service)}
        self._seen = sight.look()
        self._at = clock.now()
        for service in services:
            for event in first(self._at, service, [process.name for process in layout.of(service)], self._seen):
                sink(event)
        self._stopping = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="watch of processes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it after a last look. Raises HarnessFailed if it had failed."""
        self._stopping.set()
        self._thread.join()
        self._sight.close()
        if self._error is not None:
            raise HarnessFailed(f"watching the processes: {self._error}") from self._error

    def _run(self) -> None:
        try:
            while not self._stopping.wait(LOOK_EVERY):
                self._tell(self._sight.look())
        except Exception as error:  # noqa: BLE001 - a thread has no caller: kept for stop(), and reported at once
            self._error = error
            self._void(f"the watch of the processes ended: {error}")

    def _tell(self, seen: Mapping[str, ProcessStatus]) -> None:
        t = self._clock.now()
        if t - self._at > LONGEST_GAP:
            self._void(f"the processes were not looked at for {t - self._at:.2f} s")
        for name, service in self._services.items():
            for event in changes(t, service, self._seen[name], seen[name]):
                self._sink(event)
        self._seen, self._at = seen, t

    def _void(self, reason: str) -> None:
        self._sink(RunVoided(self._clock.now(), "squall", Cause.HARNESS_ERROR, reason))
