"""Waiting for real processes: by what they do, with a bound that only a broken one meets."""

import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from squall.clock import SYSTEM

BOUND = 60.0


def until(condition: Callable[[], bool]) -> None:
    """Return as soon as it is true."""
    end = SYSTEM.now() + BOUND
    while not condition():
        assert SYSTEM.now() < end
        SYSTEM.sleep(0.02)


@contextmanager
def ends(pid: int) -> Iterator[None]:
    """Expect that the block makes a process end, which need not be a child of ours."""
    pidfd = os.pidfd_open(pid)
    try:
        yield
        readable, _, _ = select.select([pidfd], [], [], BOUND)
        assert readable
    finally:
        os.close(pidfd)
