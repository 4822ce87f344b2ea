"""The load of a run as a fault can reach it: at which rate users arrive, and how many did. Nothing is sent in here."""

import math
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.interval import Interval
from squall.record.arrivals import Stage
from squall.record.event import RateChanged
from squall.record.folder import RunFolder
from squall.record.samples import Sample, SampleReader
from squall.waiting import until

# A change of rate is told over a pipe to a process that does little else.
TOLD_WITHIN = 5.0
LOOK_EVERY = 0.05


class Traffic(Protocol):
    """Users who arrive on schedule."""

    @property
    def usual(self) -> float:
        """How many arrive in a second unless the rate is changed: what the scenario states."""
        ...

    @property
    def rate(self) -> float:
        """How many arrive in a second now."""
        ...

    @property
    def patience(self) -> float:
        """Seconds after an arrival by which it is surely counted."""
        ...

    def change(self, rate: float) -> Interval:
        """Let them arrive at another rate, and return between which moments that began. Raises HarnessFailed."""
        ...

    def left(self, start: float, end: float) -> int:
        """Return how many requests are known to have left that were meant for ``[start, end)``."""
        ...


@runtime_checkable
class Rated(Protocol):
    """A load whose rate can be changed."""

    def change(self, rate: float) -> None:
        """Go on at another rate; ``load.rate`` in the timeline tells since when."""
        ...

    def begin_stages(self, stages: Sequence[Stage]) -> None:
        """Change the rate in stages from now on; a ``load.rate`` for each tells since when."""
        ...


class RunningLoad:
    """The load of one run: ``load`` is its process once that is started; the rest is read from the run's folder."""

    def __init__(self, folder: RunFolder, rate: float, timeout: float, clock: Clock) -> None:
        self.load: object | None = None
        self._folder, self.usual, self._timeout, self._clock = folder, rate, timeout, clock
        self._rate = rate
        self._reader = SampleReader(folder.requests)
        self._seen: list[Sample] = []

    @property
    def rate(self) -> float:
        """The rate of the last change, or the usual one."""
        return self._rate

    @property
    def patience(self) -> float:
        """How long users wait for an answer, and the log for its next line."""
        return self._timeout + 1.0

    def change(self, rate: float) -> Interval:
        """Tell the process, and wait until it says since when."""
        before = self._clock.now()
        began = self._told(1, lambda load: load.change(rate))
        self._rate = rate
        return Interval(min(before, began), began)

    def begin_stages(self, stages: Sequence[Stage]) -> None:
        """Tell the process to begin the stages of the load, and wait until it says since when. Raises HarnessFailed."""
        if stages:
            self._told(len(stages), lambda load: load.begin_stages(stages))

    def left(self, start: float, end: float) -> int:
        """Count in the log of requests; those that the generator dropped never left."""
        self._seen += self._reader.read()
        return sum(start <= sample.intended < end and not math.isnan(sample.sent) for sample in self._seen)

    def _told(self, more: int, tell: Callable[[Rated], None]) -> float:
        """Tell the process something that makes so many changes of rate; return when the first began."""
        if not isinstance(self.load, Rated):
            raise HarnessFailed("changing the rate of the load: there is none whose rate can be changed")
        known = len(self._changes())
        tell(self.load)
        changes = until(
            "changing the rate of the load",
            self._changes,
            within=TOLD_WITHIN,
            every=LOOK_EVERY,
            clock=self._clock,
            done=lambda changes: len(changes) >= known + more,
            state=lambda _: "its process says nothing of it",
        )
        return changes[known]

    def _changes(self) -> list[float]:
        return [event.start for event in self._folder.timeline() if isinstance(event, RateChanged)]


class NoTraffic:
    """There is no load: what is planned is not yet done."""

    usual = 0.0
    rate = 0.0
    patience = 0.0

    def change(self, rate: float) -> Interval:
        """Raise HarnessFailed."""
        raise HarnessFailed("changing the rate of the load: there is no load")

    def left(self, start: float, end: float) -> int:
        """Return that none left."""
        return 0
