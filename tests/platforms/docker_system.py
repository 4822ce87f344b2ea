"""The tiny system that the tests of the platform compose run, and what they ask of Docker."""

import subprocess
from pathlib import Path

from squall.system.system import System

FOLDER = Path(__file__).parent / "tiny_compose"
LISTS = {"containers": ("ps", "-aq"), "networks": ("network", "ls", "-q"), "volumes": ("volume", "ls", "-q")}


def tiny() -> System:
    return System.read(FOLDER / "system.yaml")


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def there(label: str) -> dict[str, int]:
    """Return how many containers, networks and volumes have a label."""
    return {kind: len(docker(*words, "--filter", f"label={label}").split()) for kind, words in LISTS.items()}


NOTHING = dict.fromkeys(LISTS, 0)
