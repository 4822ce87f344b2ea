"""actionlint, which knows the workflows of GitHub: built here and kept in the cache."""

import time

from cluster.binaries import ACTIONLINT
from cluster.cache import Cache
from cluster.progress import say

__all__ = ["obtain"]

PROGRAM = "actionlint"


def obtain(cache: Cache) -> None:
    """Build it unless the cache has it."""
    began = time.monotonic()
    cache.offer(ACTIONLINT.obtain(cache) / PROGRAM)
    say(f"actionlint is {cache.bin / PROGRAM} ({time.monotonic() - began:.1f} s)")
