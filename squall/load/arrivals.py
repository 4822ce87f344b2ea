"""Open-loop arrivals in the load process: each leaves on schedule, whether or not the system answers.

Imported only there: it needs gevent. It knows nothing of HTTP; what an arrival does is given to it.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.pool import Pool  # type: ignore[import-untyped]

from squall.clock import SYSTEM
from squall.load.arrival import LANE, Arrival
from squall.load.schedule import Schedule, Segment
from squall.record.samples import DROPPED, Sample, SampleWriter

FLUSH = 0.25
# From saying "started" to the first arrival: time for the harness to hear it, and for the loop to be waiting.
_LEAD = 0.1
# Given to what is in flight at the end beyond the users' patience, for the generator's own work.
_GRACE = 0.5


class Arrivals:
    """The schedule and its keeping. One greenlet for each arrival, at most ``max_in_flight``."""

    def __init__(self, rate: float, timeout: float, max_in_flight: int, writer: SampleWriter) -> None:
        self.rate = rate
        self.timeout = timeout
        self.start = math.nan
        self.end = math.inf
        self.finished = Event()
        self._pool = Pool(max_in_flight)
        self._users: set[Arrival] = set()
        self._writer = writer
        self._wake = Event()
        self._schedule: Schedule | None = None

    def run(self, serve: Callable[[float], None], started: Callable[[], None]) -> None:
        """Call ``serve(intended)`` for each arrival until stopped; ``started`` once, before the first."""
        self.start = SYSTEM.now() + _LEAD
        self._schedule = Schedule(Segment(self.start, self.rate))
        started()
        try:
            self._arrive(self._schedule, serve)
            self._drain()
        finally:
            self.finished.set()

    def change(self, rate: float) -> float:
        """Go on at another rate; return from when."""
        self.rate = rate
        moment = max(SYSTEM.now(), self.start)
        if self._schedule is not None:
            self._schedule.change(Segment(moment, rate))
        self._wake.set()
        return moment

    def stop(self) -> None:
        """Let nobody arrive any more; who is in flight is waited for as long as users are patient."""
        self.end = min(self.end, SYSTEM.now())
        self._wake.set()

    def abort(self) -> None:
        """Stop without waiting: what is in flight is logged as unfinished."""
        self.stop()
        self._pool.kill()
        self._writer.flush()

    @contextmanager
    def knowing(self, user: Arrival) -> Iterator[None]:
        """Know of a user while her task goes on."""
        self._users.add(user)
        try:
            yield
        finally:
            self._users.discard(user)

    def log(self, sample: Sample) -> None:
        """Take a sample for the record."""
        self._writer.add(sample)

    def flush_for_ever(self) -> None:
        """Write what waits, again and again; runs in a greenlet of its own."""
        while True:
            gevent.sleep(FLUSH)
            for user in self._users:
                user.release(before=SYSTEM.now() - self.timeout)
            self._writer.flush()

    def _arrive(self, schedule: Schedule, serve: Callable[[float], None]) -> None:
        while schedule.next < self.end:
            early = schedule.next - SYSTEM.now()
            if early > 0:
                self._wake.clear()
                self._wake.wait(early)
                continue
            intended = schedule.take()
            if self._pool.full():
                self.log(Sample(intended, math.nan, math.nan, 0, False, lane=LANE, error=DROPPED))
                continue
            self._pool.spawn(serve, intended)
            gevent.sleep(0)

    def _drain(self) -> None:
        self._pool.join(timeout=self.timeout + _GRACE)
        self._pool.kill()
        self._writer.flush()
