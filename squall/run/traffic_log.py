"""What load and prober have logged so far, and up to which moment nothing of it is missing. Reads only."""

import heapq
import math
from collections.abc import Iterable, Sequence

from squall.load.schedule import Schedule
from squall.record.arrivals import FOLLOWING, Pace, Segment
from squall.record.event import LoadStarted, ProberStarted, RateChanged
from squall.record.folder import RunFolder
from squall.record.samples import Sample, SampleReader
from squall.run.scenario import Scenario

# Beyond the patience of users, which bounds each request: the generators' own lateness, and what waits to be written.
_WRITTEN = 0.5
# The prober's schedule has two lanes in turn.
_LANES = 2
# How far from its arrival (s) a request may be meant: both are computed from the same figures.
_SAME = 1e-6


class TrafficLog:
    """Reads both logs of a run as they grow."""

    def __init__(self, scenario: Scenario, folder: RunFolder) -> None:
        self._folder = folder
        self._users, self._probes = SampleReader(folder.requests), SampleReader(folder.probes)
        self.behind = max(scenario.system.load.timeout, scenario.system.probe.timeout) + _WRITTEN
        self._kept = _Kept(), _Kept()

    def read(self) -> tuple[list[Sample], list[Sample]]:
        """Return what was logged since the last time, of users and of probes."""
        fresh = self._users.read(), self._probes.read()
        for kept, samples in zip(self._kept, fresh, strict=True):
            kept.take(samples)
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
        if len(load) != 1 or len(prober) != 1 or load[0].pace == "closed":
            return -math.inf
        changes = [
            Segment(each.start, each.rate, each.to, each.over) for each in events if isinstance(each, RateChanged)
        ]
        users, probes = self._kept
        users.plan(Segment(load[0].start, load[0].rate), changes, load[0].pace, load[0].seed)
        probes.plan(Segment(prober[0].start, _LANES * prober[0].rate))
        return min(users.whole(), probes.whole())


class _Kept:
    """The arrivals of one generator: which of them are logged. Who makes several requests at once keeps no schedule."""

    def __init__(self) -> None:
        self._on_schedule = True
        # Logged and not yet reached: the moments for which they were meant, as a heap.
        self._ahead: list[float] = []
        self._schedule: Schedule | None = None
        self._changes = 0

    def take(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            self._on_schedule &= sample.lane != FOLLOWING
            heapq.heappush(self._ahead, sample.intended)

    def plan(self, first: Segment, changes: Sequence[Segment] = (), pace: Pace = "even", seed: int = 0) -> None:
        """Take the schedule as far as it is stated by now."""
        if self._schedule is None:
            self._schedule = Schedule(first, pace, seed)
        for segment in changes[self._changes :]:
            self._schedule.change(segment)
        self._changes = len(changes)

    def whole(self) -> float:
        """Return the moment of the first arrival that is not logged; minus infinity if the schedule is not kept."""
        if self._schedule is None or not self._on_schedule:
            return -math.inf
        while self._ahead and self._ahead[0] <= self._schedule.next + _SAME:
            self._on_schedule &= heapq.heappop(self._ahead) >= self._schedule.take() - _SAME
        return self._schedule.next if self._on_schedule else -math.inf
