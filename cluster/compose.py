"""Docker Compose, which the platform compose needs: one that is installed, or one built here and kept in the cache.

Debian's own package of it is of the first generation, which cannot do what is needed.
"""

import re
import time

from cluster.binaries import COMPOSE
from cluster.cache import Cache
from cluster.command import ask
from cluster.progress import say

__all__ = ["OLDEST", "new_enough", "obtain"]

PROGRAM = "docker-compose"
# The first that lets one file take back what another says (!override, !reset); squall/platforms/containers needs it.
OLDEST = (2, 24, 4)


def obtain(cache: Cache) -> None:
    """Build it unless the cache or the machine has it."""
    began = time.monotonic()
    place = cache.bin / PROGRAM
    installed = ask("docker", "compose", "version", "--short").out
    if not (cache.has(COMPOSE.name, COMPOSE.key) and place.exists()) and new_enough(installed):
        say(f"Docker Compose {installed.strip()} is installed ({time.monotonic() - began:.1f} s)")
        return
    cache.offer(COMPOSE.obtain(cache) / PROGRAM)
    say(f"Docker Compose is {place} ({time.monotonic() - began:.1f} s)")


def new_enough(version: str) -> bool:
    """Tell whether a version can be used: ``v2.40.3``, ``2.24.4+ds1``."""
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version.strip())
    return numbers is not None and tuple(int(number) for number in numbers.groups()) >= OLDEST
