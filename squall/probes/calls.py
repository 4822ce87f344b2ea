"""Counting the calls to services while a run goes on, and how they end, second by second, into the timeline.

Nobody is harmed: an agent beside each instance lets all that is new pass through itself, and counts. What could not be
read for a time is a hole in the record, and what that means is for claims to say.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from squall.clock import Clock
from squall.errors import HarnessFailed, SquallError
from squall.instances import Instance
from squall.platforms.capability import CountsCalls, Platform, Sink
from squall.record.event import CallsCounted, CallsUnread
from squall.safety.undo_log import Undo

PERIOD = 1.0


class CallMonitor:
    """The proxies in front of some services in one run: written down, opened, read once a second."""

    def __init__(self, platform: Platform, services: Sequence[str], sink: Sink, clock: Clock) -> None:
        self._platform, self._services, self._sink, self._clock = platform, services, sink, clock
        self._instances: list[Instance] = []

    def undo(self, run: str) -> list[Undo]:
        """Return what must be written down before they are opened: the agents, who take their proxies with them."""
        self._instances = [each for name in self._services for each in self._platform.instances(name)]
        return list(self._counting().plan_agents(self._instances, run)) if self._services else []

    def open(self, run: str) -> None:
        """Open them. Established connections are reset, for they pass the proxies by: before the steady state."""
        if not self._services:
            return
        on = self._counting()
        on.start_agents(self._instances, run)
        shut = [proof for proof in on.count_calls(self._instances) if not proof.proven]
        if shut or not self._instances:
            why = "; ".join(f"{each.target}: {each.how}" for each in shut) or "there is no instance"
            raise HarnessFailed(f"counting calls to {', '.join(self._services)}: {why}")

    @contextmanager
    def read(self) -> Iterator[None]:
        """Read what passes, again and again, while the block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._rounds, args=(over,), name="squall-calls", daemon=True)
        if self._services:
            thread.start()
        try:
            yield
        finally:
            over.set()
            if thread.is_alive():
                thread.join()

    def _counting(self) -> CountsCalls:
        if not isinstance(self._platform, CountsCalls):
            raise HarnessFailed(f"the platform {self._platform.name} cannot count calls")
        return self._platform

    def _rounds(self, over: threading.Event) -> None:
        while not over.wait(PERIOD):
            self.read_once()

    def read_once(self) -> None:
        """Tell what has passed since it was last asked, and whose calls could not be read."""
        for each in self._instances:
            try:
                passed = self._counting().passed(each)
            except SquallError as error:
                self._sink(CallsUnread(self._clock.now(), each.service, each.name, str(error)))
                continue
            if passed is not None:
                seen = passed.since, passed.until, passed.seconds
                self._sink(CallsCounted(self._clock.now(), each.service, each.name, *seen))
