"""Where an instance is in its life: warming up, serving, draining. It only tells; the gate and the server act."""

import time
from collections.abc import Callable

__all__ = ["Clock", "Life"]

Clock = Callable[[], float]


class Life:
    """One instance's life, by a clock in seconds.

    The warm-up stands for a model that is read and compiled before its first answer: it takes time and nothing else.
    """

    def __init__(self, warm_up: float, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._warm_at = clock() + warm_up
        self._draining = False

    @property
    def warm(self) -> bool:
        """Whether the model can answer."""
        return self._clock() >= self._warm_at

    @property
    def draining(self) -> bool:
        """Whether the instance was told to stop and still answers."""
        return self._draining

    def drain(self) -> None:
        """Be told to stop."""
        self._draining = True
