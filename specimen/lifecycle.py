"""Where an instance is in its life: warming up, serving, draining. It only tells; the gate and the server act."""

import time
from collections.abc import Callable

__all__ = ["Clock", "Life"]

Clock = Callable[[], float]


class Life:
    """One instance's life, by a clock in seconds.

    The warm-up stands for a model that is read and compiled before its first answer: it takes time and nothing else.
    It begins at the start, or, ``at_first_request``, when somebody waits for it; until then such an instance takes
    itself to be warm.
    """

    def __init__(self, warm_up: float, clock: Clock = time.monotonic, *, at_first_request: bool = False) -> None:
        self._clock, self._warm_up = clock, warm_up
        self._warm_at = None if at_first_request else clock() + warm_up
        self._draining = False

    @property
    def warm(self) -> bool:
        """Whether the model can answer, as far as the instance knows."""
        return self._warm_at is None or self._clock() >= self._warm_at

    @property
    def draining(self) -> bool:
        """Whether the instance was told to stop and still answers."""
        return self._draining

    def asked(self) -> None:
        """Be asked for something that needs the model."""
        if self._warm_at is None:
            self._warm_at = self._clock() + self._warm_up

    def drain(self) -> None:
        """Be told to stop."""
        self._draining = True
