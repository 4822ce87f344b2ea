"""When users are meant to arrive, one after another. Plain arithmetic: no clock, no sleeping."""

from collections import deque

from squall.record.arrivals import Pace, Segment, marks


class Schedule:
    """Arrivals of one segment after another. What was meant before a change stays meant, however late it is taken."""

    def __init__(self, first: Segment, pace: Pace = "even", seed: int = 0) -> None:
        self._pace, self._seed = pace, seed
        self._number = -1
        self._later: deque[Segment] = deque()
        self._begin(first)

    @property
    def next(self) -> float:
        """The moment of the next arrival."""
        return self._next

    def take(self) -> float:
        """Return the moment of the next arrival and go on to the one after."""
        moment = self._next
        self._advance()
        return moment

    def change(self, segment: Segment) -> None:
        """Go on with another segment from its start, which is not before that of any segment so far."""
        self._later.append(segment)
        self._pass_on()

    def _begin(self, segment: Segment) -> None:
        self._segment = segment
        self._number += 1
        self._marks = marks(self._pace, self._seed, self._number)
        self._advance()

    def _advance(self) -> None:
        self._next = self._segment.moment(next(self._marks))
        self._pass_on()

    def _pass_on(self) -> None:
        if self._later and self._next >= self._later[0].start:
            self._begin(self._later.popleft())
