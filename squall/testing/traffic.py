"""Load and prober that are simulated in virtual time: their requests are answered by a simulated platform."""

import math
from collections.abc import Callable
from typing import Protocol

from squall.clock import Clock
from squall.platforms.capability import Sink
from squall.record.event import Beat, LoadStarted, ProberStarted, RateChanged
from squall.record.folder import RunFolder
from squall.record.samples import DROPPED, Sample, SampleWriter
from squall.run.scenario import Scenario

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
        sink(LoadStarted(self._clock.now(), "load", start=self._clock.now(), rate=scenario.rate))
        stream.start()
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
        self._platform, self._clock, self._log, self._rate, self._lane = on, clock, log, rate, lane
        self._number = 0
        # Counts the rates: what an earlier one has scheduled is not sent.
        self._turn = 0
        self._running = True
        self.drops = self.late = 0.0
        self.fails_at = math.inf
        self._began = clock.now()

    def start(self) -> None:
        """Schedule the first request."""
        self._next()

    def stop(self) -> None:
        """Send no more."""
        self._running = False
        self._log.flush()

    def failure(self) -> str | None:
        """Fail when the test says so."""
        return "the load generator died" if self._clock.now() >= self.fails_at else None

    def _next(self) -> None:
        turn = self._turn
        self._clock.at(self._began + self._number / self._rate, lambda: self._send(turn))

    def _send(self, turn: int) -> None:
        if not self._running or turn != self._turn:
            return
        now, number = self._clock.now(), self._number
        if self.drops and number % round(1 / self.drops) == 0:
            self._log.add(Sample(now, math.nan, math.nan, 0, False, "request", self._lane, error=DROPPED))
        else:
            good, latency, instance = self._platform.answer(number)
            sent = now + self.late
            status, error = (200, "") if good else (503, "http 503")
            self._log.add(Sample(now, sent, sent + latency, status, good, "request", self._lane, instance, error))
        self._log.flush()
        self._number += 1
        self._next()


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
        self._began, self._number, self._rate = self._clock.now(), 0, rate
        self._turn += 1
        self.drops, self._platform.arriving = self.strained, rate
        self.sink(RateChanged(self._began, "load", start=self._began, rate=rate))
        self._next()
