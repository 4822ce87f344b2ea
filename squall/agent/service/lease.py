"""How long an agent stays without a word from the harness."""

import time
from collections.abc import Callable


class AgentLease:
    """Runs out ``length`` seconds after it was last renewed; ``now`` is CLOCK_MONOTONIC."""

    def __init__(self, length: float, now: Callable[[], float] = time.monotonic) -> None:
        self._length, self._now = length, now
        self._until = now() + length

    def renew(self) -> None:
        """Begin anew."""
        self._until = self._now() + self._length

    @property
    def left(self) -> float:
        """Seconds until it runs out; not above 0 once it has."""
        return self._until - self._now()
