"""What load and prober have logged so far, and up to which moment nothing of it is missing. Reads only."""

import math
from collections.abc import Iterable

from squall.record.event import LoadStarted, ProberStarted, RateChanged
from squall.record.folder import RunFolder
from squall.record.samples import Sample, SampleReader
from squall.run.scenario import Scenario

# Beyond the patience of users, which bounds each request: the generators' own lateness, and what waits to be written.
_WRITTEN = 0.5
# The prober's schedule has two lanes in turn.
_LANES = 2
# How far from its arrival a request may be meant, in distances of two arrivals: in their middle it belongs to neither.
_OFF = 0.25


class TrafficLog:
    """Reads both logs of a run as they grow."""

    def __init__(self, scenario: Scenario, folder: RunFolder) -> None:
        self._folder = folder
        self._users, self._probes = SampleReader(folder.requests), SampleReader(folder.probes)
        self.behind = max(scenario.system.load.timeout, scenario.system.probe.timeout) + _WRITTEN
        self._schedules = _Schedule(1), _Schedule(_LANES)

    def read(self) -> tuple[list[Sample], list[Sample]]:
        """Return what was logged since the last time, of users and of probes."""
        fresh = self._users.read(), self._probes.read()
        for schedule, samples in zip(self._schedules, fresh, strict=True):
            schedule.take(samples)
        return fresh

    def known(self, now: float) -> float:
        """Return the moment before which every request that was meant is in the log with its end.

        By the schedules, as far as the logs keep them; else no request is under way for longer than users wait.
        """
        return max(now - self.behind, self._whole())

    def _whole(self) -> float:
        events = self._folder.timeline()
        load = [event for event in events if isinstance(event, LoadStarted)]
        prober = [event for event in events if isinstance(event, ProberStarted)]
        if len(load) != 1 or len(prober) != 1 or any(isinstance(event, RateChanged) for event in events):
            return -math.inf
        users, probes = self._schedules
        return min(users.whole(load[0]), probes.whole(prober[0]))


class _Schedule:
    """The arrivals of one generator: which of them are logged. Arrivals that make several requests keep none."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._kept, self._next = True, 0
        self._waiting: list[Sample] = []
        self._logged: set[int] = set()

    def take(self, samples: Iterable[Sample]) -> None:
        self._waiting += samples

    def whole(self, started: LoadStarted | ProberStarted) -> float:
        """Return the moment of the first arrival that is not logged; minus infinity if the schedule is not kept."""
        start, rate = started.start, self._lanes * started.rate
        for sample in self._waiting:
            place = (sample.intended - start) * rate
            self._place(round(place), abs(place - round(place)))
        self._waiting.clear()
        while self._next in self._logged:
            self._logged.remove(self._next)
            self._next += 1
        return start + self._next / rate if self._kept else -math.inf

    def _place(self, arrival: int, off: float) -> None:
        self._kept &= off < _OFF and arrival >= self._next and arrival not in self._logged
        self._logged.add(arrival)
