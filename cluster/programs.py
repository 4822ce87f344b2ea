"""Programs that tests ask by their name: built here and kept in the cache. Debian's Alertmanager cannot be unpacked."""

import time

from cluster.binaries import ACTIONLINT, ALERTMANAGER, Programs
from cluster.cache import Cache
from cluster.progress import say

__all__ = ["actionlint", "alertmanager"]


def actionlint(cache: Cache) -> None:
    """Build the linter of GitHub's workflows unless the cache has it."""
    _offer(cache, ACTIONLINT, "actionlint")


def alertmanager(cache: Cache) -> None:
    """Build an Alertmanager unless the cache has it."""
    _offer(cache, ALERTMANAGER, "Alertmanager")


def _offer(cache: Cache, programs: Programs, called: str) -> None:
    began = time.monotonic()
    cache.offer(programs.obtain(cache) / programs.name)
    say(f"{called} is {cache.bin / programs.name} ({time.monotonic() - began:.1f} s)")
