"""Work that goes on beside a block of code, in a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def background(name: str, work: Callable[[threading.Event], object]) -> Iterator[None]:
    """Have work done in a thread of that name while the block runs, and wait for its end.

    The work is given an event that is set when the block is over: it is to return soon after.
    """
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
