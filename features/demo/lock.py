"""``python -m features.demo.lock``: writes requirements-demo.lock, what ``make demo`` needs of requirements.lock.

Versions and hashes are those of the whole lock. What needs what is asked of what is installed: ``make setup`` first.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
WHOLE, PART = ROOT / "requirements.lock", ROOT / "requirements-demo.lock"
HEAD = "# Written by python -m features.demo.lock: the part of requirements.lock that make demo needs.\n"
# They build and install this checkout, and know a setting in pyproject.toml.
BESIDES = ("editables", "hatchling", "pytest-timeout")
_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def needed() -> set[str]:
    """Return the names of all packages that the demo needs, and that those need."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = settings["project"]
    roots = [*project["dependencies"], *project["optional-dependencies"]["local"]]
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in (*roots, *settings["dependency-groups"]["specimen"], *BESIDES)]
    while waiting:
        one = waiting.pop()
        for extra in {"", *one.extras}:
            if (key := (canonicalize_name(one.name), extra)) not in found:
                found.add(key)
                waiting += _needs(one.name, extra)
    return {name for name, _ in found}


def _needs(name: str, extra: str) -> Iterator[Requirement]:
    for requirement in map(Requirement, requires(name) or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def part(whole: str, names: Iterable[str]) -> str:
    """Return the entries of a lock that are about these packages. Raises KeyError for one that it does not have."""
    entries: Mapping[str, str] = {canonicalize_name(found[1]): found[0] for found in _ENTRY.finditer(whole)}
    return HEAD + "".join(entries[name] for name in sorted(names))


if __name__ == "__main__":
    PART.write_text(part(WHOLE.read_text("utf-8"), needed()), "utf-8")
    sys.exit(0)
