"""Signals while a run is under way: SIGTERM is treated as Ctrl-C, and however many come, the undo is not cut short.

The first one interrupts what is under way, once; from then on the run only cleans up, and all that follow change
nothing. So there is no moment between an exception and the clean-up in which a second signal could skip it.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class _Interruption:
    """Whether a signal has interrupted the run, or waits for the end of a block that it may not interrupt."""

    def __init__(self) -> None:
        self.blocks, self.waiting, self.over = 0, False, False

    def come(self, number: int, frame: FrameType | None) -> None:
        """Interrupt at once, after the block, or not again."""
        self.waiting = True
        self.deliver()

    def deliver(self) -> None:
        if self.waiting and not self.over and not self.blocks:
            self.over = True
            raise KeyboardInterrupt


_current: _Interruption | None = None


@contextmanager
def terminable() -> Iterator[None]:
    """Let the first SIGINT or SIGTERM raise KeyboardInterrupt in the main thread, and no later one raise anything.

    A cancelled CI job undoes like an impatient person.
    """
    global _current
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    outer, mine = _current, _Interruption()
    before = {number: signal.signal(number, mine.come) for number in _NUMBERS}
    _current = mine
    try:
        yield
    finally:
        try:
            mine.over = True
        finally:
            _current = outer
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold signals back until the block is over, then let the first that came interrupt; within ``terminable``."""
    mine = _current
    if mine is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    mine.blocks += 1
    try:
        yield
    finally:
        mine.blocks -= 1
    mine.deliver()
