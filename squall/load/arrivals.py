"""Arrivals in the load process: each leaves on schedule, whether or not the system answers; or in a closed loop.

Imported only there: it needs gevent. It knows nothing of HTTP; what an arrival does is given to it.
"""

import math
from collections.abc import Callable, Sequence

import gevent  # type: ignore[import-untyped]
from gevent.event import AsyncResult, Event  # type: ignore[import-untyped]
from gevent.pool import Pool  # type: ignore[import-untyped]

from squall.clock import SYSTEM
from squall.load.arrival import Arrival
from squall.load.schedule import Schedule
from squall.load.settings import LoadSettings
from squall.record.arrivals import Segment, Stage, segments
from squall.record.samples import DROPPED, Sample, SampleWriter

FLUSH = 0.25
# From saying "started" to the first arrival: time for the harness to hear it, and for the loop to be waiting.
_LEAD = 0.1
# Given to what is in flight at the end beyond the users' patience, for the generator's own work.
_GRACE = 0.5
# So long (s) the next arrival is waited for deaf to a change or an end: that costs half.
_SHORT = 0.005
# So long before them (s) arrivals of other workers are passed over: changes of rate are told longer before.
_AHEAD = 0.05


class Arrivals:
    """The schedule and its keeping. One greenlet for each arrival, at most ``max_in_flight``."""

    def __init__(self, settings: LoadSettings, writer: SampleWriter) -> None:
        self.settings = settings
        self.timeout = settings.timeout
        self.start = math.nan
        self.end = math.inf
        # When the first arrival is, where several workers must agree on it.
        self.appointed = AsyncResult()
        self.finished = Event()
        self._pool = Pool(settings.max_in_flight)
        # Those whose tasks go on.
        self.users: set[Arrival] = set()
        self._writer = writer
        self._wake = Event()
        self._schedule: Schedule | None = None

    def run(self, serve: Callable[[float], None], started: Callable[[], None]) -> None:
        """Call ``serve(intended)`` for each arrival until stopped; ``started`` once, before the first."""
        self.start = SYSTEM.now() + _LEAD if self.settings.workers == 1 else self.appointed.get()
        how = self.settings
        self._schedule = Schedule(Segment(self.start, how.rate), how.pace, how.seed)
        started()
        try:
            if how.pace == "closed":
                self._loop(how.users, how.pause, serve)
            else:
                self._arrive(self._schedule, serve)
            self._drain()
        finally:
            self.finished.set()

    def change(self, stages: Sequence[Stage], at: float | None = None) -> list[Segment]:
        """Go on at other rates, from a moment on or from now; return from when at which."""
        changed = segments(max(SYSTEM.now() if at is None else at, self.start), stages)
        for segment in changed:
            if self._schedule is not None:
                self._schedule.change(segment)
        self._wake.set()
        return changed

    def stop(self) -> None:
        """Let nobody arrive any more; who is in flight is waited for as long as users are patient."""
        self.end = min(self.end, SYSTEM.now())
        self._wake.set()

    def abort(self) -> None:
        """Stop without waiting: what is in flight is logged as unfinished."""
        self.stop()
        self._pool.kill()
        self._writer.flush()

    def log(self, sample: Sample) -> None:
        """Take a sample for the record."""
        self._writer.add(sample)

    def flush_for_ever(self) -> None:
        """Write what waits, again and again; runs in a greenlet of its own."""
        while True:
            gevent.sleep(FLUSH)
            for user in list(self.users):
                user.release(before=SYSTEM.now() - self.timeout)
            self._writer.flush()

    def _arrive(self, schedule: Schedule, serve: Callable[[float], None]) -> None:
        worker, workers, number = self.settings.worker, self.settings.workers, 0
        while schedule.next < self.end:
            own = number % workers == worker
            early = schedule.next - SYSTEM.now() - (0.0 if own else _AHEAD)
            if early > _SHORT:
                self._wake.clear()
                self._wake.wait(early)
                continue
            if early > 0:
                gevent.sleep(early)
                continue
            intended = schedule.take()
            number += 1
            if not own:
                continue
            if self._pool.full():
                self.log(Sample(intended, math.nan, math.nan, 0, False, lane=self.settings.lane, error=DROPPED))
                continue
            self._pool.spawn(serve, intended)
            if schedule.next <= SYSTEM.now():
                gevent.sleep(0)  # who is late goes first; else waiting lets her go

    def _loop(self, users: int, pause: float, serve: Callable[[float], None]) -> None:
        """Let users ask, wait for the answer and pause, again and again; the first come spread over a pause."""
        for number in range(users):
            self._pool.spawn(self._come_back, self.start + pause * number / users, pause, serve)
        while SYSTEM.now() < self.end:
            self._wake.clear()
            self._wake.wait(self.end - SYSTEM.now() if math.isfinite(self.end) else None)

    def _come_back(self, moment: float, pause: float, serve: Callable[[float], None]) -> None:
        while moment < self.end:
            gevent.sleep(max(0.0, moment - SYSTEM.now()))
            if SYSTEM.now() < self.end:
                serve(SYSTEM.now())
            moment = SYSTEM.now() + pause

    def _drain(self) -> None:
        self._pool.join(timeout=self.timeout + _GRACE)
        self._pool.kill()
        self._writer.flush()
