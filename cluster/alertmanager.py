"""Alertmanager, in which tests have alerts silenced: built here and kept in the cache. Debian's cannot be unpacked."""

import time

from cluster.binaries import ALERTMANAGER
from cluster.cache import Cache
from cluster.progress import say

__all__ = ["obtain"]

PROGRAM = "alertmanager"


def obtain(cache: Cache) -> None:
    """Build it unless the cache has it."""
    began = time.monotonic()
    cache.offer(ALERTMANAGER.obtain(cache) / PROGRAM)
    say(f"Alertmanager is {cache.bin / PROGRAM} ({time.monotonic() - began:.1f} s)")
