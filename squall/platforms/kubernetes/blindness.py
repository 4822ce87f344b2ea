"""When the harness itself keeps the platform from being seen: by freezing its API server.

Then a watch that is cut is no failure of the harness's. What was not seen is told to the record instead, and claims
about what the platform shows decide nothing from it.
"""

import math
from collections.abc import Callable

from squall.clock import Clock
from squall.record.event import Event, PlatformUnseen

# A watch notices at the next moment at which it could have heard something, or a little after the end.
SLACK = 1.0


class Blindness:
    """The stretches of one run; moments are those of the harness's clock. Asked from the threads of the watches."""

    def __init__(self, clock: Clock, tell: Callable[[Event], None]) -> None:
        self._clock, self._tell = clock, tell
        self._stretches: list[tuple[float, float]] = []

    def begin(self, moment: float) -> None:
        """See nothing from now on."""
        self._stretches.append((moment, math.inf))

    def end(self) -> None:
        """See again, and tell since when nothing was seen."""
        if self._stretches and math.isinf(self._stretches[-1][1]):
            low, now = self._stretches[-1][0], self._clock.now()
            self._stretches[-1] = (low, now)
            self.tell(low, now)

    def excuses(self, moment: float) -> bool:
        """Say whether a watch that was lost at a moment was lost to this."""
        return any(low <= moment <= high + SLACK for low, high in self._stretches)

    def tell(self, low: float, high: float) -> None:
        """Write down that nothing of the platform was seen between two moments."""
        self._tell(PlatformUnseen(self._clock.now(), "squall", low=low, high=high))
