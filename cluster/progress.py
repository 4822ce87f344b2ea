"""One line per part of the work with its time, and a sign of life while a long one runs."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["part", "say"]

HEARTBEAT_SECONDS = 30.0


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


@contextmanager
def part(name: str) -> Iterator[None]:
    """Print what is done and, when it is done, how long it took."""
    began = time.monotonic()
    over = threading.Event()
    threading.Thread(target=_beat, args=(name, began, over), daemon=True).start()
    try:
        yield
    except BaseException:
        say(f"  {name:<52} stopped after {time.monotonic() - began:.1f} s")
        raise
    finally:
        over.set()
    say(f"  {name:<52} {time.monotonic() - began:6.1f} s")


def _beat(name: str, began: float, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT_SECONDS):
        say(f"    ... {name}: {time.monotonic() - began:.0f} s so far")
        sys.stdout.flush()
