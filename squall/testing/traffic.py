"""Load and prober that are simulated in virtual time: their requests are answered by a simulated platform."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from squall.clock import Clock
from squall.load.schedule import Schedule
from squall.platforms.capability import Sink
from squall.record.arrivals import LoadPlan, Segment, Stage, segments
from squall.record.event import Beat, LoadStarted, ProberStarted, RateChanged
from squall.record.folder import RunFolder
from squall.record.samples import DROPPED, Sample, SampleWriter
from squall.run.scenario import Scenario

EVEN = LoadPlan()
Answer = tuple[bool, float, str]


class Agenda(Clock, Protocol):
    """A clock with which one can make an appointment."""

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Let something happen then."""
        ...


class Answering(Protocol):
    """Who is asked; ``arriving`` is set to the rate at which the load asks, per second."""

    arriving: float

    def answer(self, number: int) -> Answer:
        """Say how request ``number`` goes now: whether well, after how many seconds, and who answered."""
        ...


class SimulatedTraffic:
    """Load and prober whose requests are answered by a simulated platform; ``drops`` is the share that never leaves."""

    def __init__(self, platform: Answering, clock: Agenda, drops: float = 0.0, late: float = 0.0) -> None:
        self._platform, self._clock, self._drops, self._late = platform, clock, drops, late
        self.failing_at = math.inf
        # The share that never leaves at any rate but the first.
        self.strained = 0.0

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> "_Load":
        """Start the load."""
        stream = _Load(self._platform, self._clock, SampleWriter(folder.requests), scenario.rate, "load")
        stream.sink, stream.strained, self._platform.arriving = sink, self.strained, scenario.rate
        stream.drops, stream.late, stream.fails_at = self._drops, self._late, self.failing_at
        now, how = self._clock.now(), scenario.load
        sink(LoadStarted(now, "load", now, scenario.rate, pace=how.pace, seed=scenario.seed, users=how.users))
        stream.start(how, scenario.seed)
        return stream

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> "_Stream":
        """Start the prober."""
        writer, rate = SampleWriter(folder.probes), scenario.system.probe.rate
        sink(ProberStarted(self._clock.now(), "prober", start=self._clock.now(), rate=rate))
        stream = _Prober(self._platform, self._clock, writer, 2 * rate, "new")
        stream.sink = sink
        stream.start()
        stream.beat()
        return stream


class _Stream:
    def __init__(self, on: Answering, clock: Agenda, log: SampleWriter, rate: float, lane: str) -> None:
        self._platform, self._clock, self._log, self._lane = on, clock, log, lane
        self._number = 0
        # Counts the rates: what an earlier one has scheduled is not sent.
        self._turn = 0
        self._running = True
        self.drops = self.late = 0.0
        self.fails_at = math.inf
        self._first = Segment(clock.now(), rate)

    def start(self, how: LoadPlan = EVEN, seed: int = 0) -> None:
        """Schedule the first request, or the first of each user of a closed loop."""
        self._schedule = Schedule(self._first, how.pace, seed)
        if how.pace != "closed":
            self._next()
        for number in range(how.users):
            moment = self._first.start + how.pause * number / how.users
            self._clock.at(moment, lambda: self._come_back(how.pause))

    def stop(self) -> None:
        """Send no more."""
        self._running = False
        self._log.flush()

    def failure(self) -> str | None:
        """Fail when the test says so."""
        return "the load generator died" if self._clock.now() >= self.fails_at else None

    def _next(self) -> None:
        turn = self._turn
        self._clock.at(self._schedule.next, lambda: self._arrive(turn))

    def _arrive(self, turn: int) -> None:
        if self._running and turn == self._turn:
            self._send(self._schedule.take())
            self._next()

    def _come_back(self, pause: float) -> None:
        if self._running:
            after = self._send(self._clock.now()) + pause
            self._clock.at(self._clock.now() + after, lambda: self._come_back(pause))

    def _send(self, now: float) -> float:
        """Ask; return how many seconds the answer takes."""
        number, latency = self._number, 0.0
        if self.drops and number % round(1 / self.drops) == 0:
            self._log.add(Sample(now, math.nan, math.nan, 0, False, "request", self._lane, error=DROPPED))
        else:
            good, latency, instance = self._platform.answer(number)
            sent = now + self.late
            status, error = (200, "") if good else (503, "http 503")
            self._log.add(Sample(now, sent, sent + latency, status, good, "request", self._lane, instance, error))
        self._log.flush()
        self._number += 1
        return latency


class _Prober(_Stream):
    sink: Sink

    def beat(self) -> None:
        """Write the heartbeats of the harness, which lives in this time, too."""
        if self._running:
            now = self._clock.now()
            self.sink(Beat(now, "squall", boottime=now, realtime=now))
            self._clock.at(now + 1.0, self.beat)


class _Load(_Stream):
    sink: Sink
    strained: float

    def change(self, rate: float) -> None:
        """Go on at another rate from now on, and tell."""
        now, self._number = self._clock.now(), 0
        self.drops, self._platform.arriving = self.strained, rate
        self.sink(RateChanged(now, "load", start=now, rate=rate))
        self._go_on(Segment(now, rate))

    def begin_stages(self, stages: Sequence[Stage]) -> None:
        """Change the rate in stages from now on, and tell."""
        now = self._clock.now()
        for segment in segments(now, stages):
            self.sink(RateChanged(now, "load", segment.start, segment.rate, segment.to, segment.over))
            self._clock.at(segment.start, partial(setattr, self._platform, "arriving", segment.to))
            self._go_on(segment)

    def _go_on(self, segment: Segment) -> None:
        self._turn += 1
        self._schedule.change(segment)
        self._next()
