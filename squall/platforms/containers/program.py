"""Finding Docker Compose: its plugin's program, which also runs by itself. Changes nothing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from squall.errors import Misuse

# The first that lets one file take back what another says: !override (2.24.4) and !reset.
OLDEST = (2, 24, 4)
NAME = "docker-compose"
# Where `python -m cluster compose` puts it, and where Docker's packages put it.
OURS = Path("~/.cache/squall/bin")
PLUGINS = (
    Path("~/.docker/cli-plugins"),
    Path("/usr/local/lib/docker/cli-plugins"),
    Path("/usr/local/libexec/docker/cli-plugins"),
    Path("/usr/lib/docker/cli-plugins"),
    Path("/usr/libexec/docker/cli-plugins"),
)
GET = "https://docs.docker.com/compose/install (in this project's repository: python -m cluster compose)"
ANSWERS_WITHIN = 10.0


def found() -> tuple[Path, str]:
    """Return the program and its version.

    Raises:
        Misuse: there is none that is new enough.
    """
    seen = []
    for path in _places():
        version = _version(path)
        numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
        if numbers is not None and tuple(map(int, numbers.groups())) >= OLDEST:
            return path, version.removeprefix("v")
        seen.append(f"{path} is {version or 'of no version'}")
    oldest = ".".join(map(str, OLDEST))
    raise Misuse(f"there is no Docker Compose of {oldest} or newer ({'; '.join(seen) or 'none found'}): {GET}")


def _places() -> list[Path]:
    configured = os.environ.get("DOCKER_CONFIG")
    folders = [OURS, *([Path(configured) / "cli-plugins"] if configured else []), *PLUGINS]
    on_path = shutil.which(NAME)
    there = [folder.expanduser() / NAME for folder in folders] + ([Path(on_path)] if on_path else [])
    return [path for path in dict.fromkeys(there) if os.access(path, os.X_OK)]


def _version(program: Path) -> str:
    try:
        done = subprocess.run(
            [program, "version", "--short"], capture_output=True, text=True, timeout=ANSWERS_WITHIN, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
