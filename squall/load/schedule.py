"""When requests are meant to leave. Plain arithmetic: no clock, no sleeping."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """Arrivals at ``start + i / rate`` until the next segment starts."""

    start: float
    rate: float


class Schedule:
    """Arrivals of one segment after another. What was meant before a change stays meant, however late it is taken."""

    def __init__(self, first: Segment) -> None:
        self._segment = first
        self._count = 0
        self._later: deque[Segment] = deque()

    @property
    def next(self) -> float:
        """The moment of the next arrival."""
        moment = self._segment.start + self._count / self._segment.rate
        return min(moment, self._later[0].start) if self._later else moment

    def take(self) -> float:
        """Return the moment of the next arrival and go on to the one after."""
        moment = self.next
        if self._later and moment >= self._later[0].start:
            self._segment, self._count = self._later.popleft(), 0
        self._count += 1
        return moment

    def change(self, segment: Segment) -> None:
        """Go on with another segment from its start, which is not before that of any segment so far."""
        self._later.append(segment)
