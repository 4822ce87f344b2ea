"""The rooms of the package and who imports whom, read from the imports by grimp.

A room is what lies directly below the package: a folder with all that is in it, or a module of the root. It knows
nothing of what a room is for (docs/architecture.md says that) and draws nothing (docs/picture.py).
"""

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

PACKAGE = "squall"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Rooms:
    """Which room imports which."""

    imports: Mapping[str, frozenset[str]]

    @property
    def arrows(self) -> list[tuple[str, str]]:
        """Each pair of an importing and an imported room."""
        return [(room, other) for room, imported in sorted(self.imports.items()) for other in sorted(imported)]

    @property
    def shortest(self) -> list[tuple[str, str]]:
        """The arrows without those that others lead around: of a to b to c and a to c, the last."""
        below = self._below
        return [(room, other) for room, other in self.arrows
                if not any(other in below[between] for between in self.imports[room])]  # fmt: skip

    @property
    def _below(self) -> Mapping[str, set[str]]:
        """Everything that a room imports, and what that imports."""
        found: dict[str, set[str]] = {}
        for room in TopologicalSorter(self.imports).static_order():
            found[room] = set(self.imports[room]).union(*(found[other] for other in self.imports[room]))
        return found

    @property
    def floors(self) -> list[list[str]]:
        """The rooms from the ground up: one floor higher than the highest that it imports."""
        height: dict[str, int] = {}
        for room in TopologicalSorter(self.imports).static_order():
            height[room] = 1 + max((height[other] for other in self.imports[room]), default=-1)
        floors: list[list[str]] = [[] for _ in range(1 + max(height.values()))]
        for room in sorted(height):
            floors[height[room]].append(room)
        return floors


def graph(checkout: Path = ROOT, package: str = PACKAGE) -> grimp.ImportGraph:
    """Return the imports of the package as it is in a checkout; nothing of it is imported."""
    sys.path.insert(0, str(checkout))
    importlib.invalidate_caches()
    try:
        # grimp asks Python where the package is: one that is imported already is found where it was imported from.
        spec = importlib.util.find_spec(package)
        if spec is None or Path(spec.origin or "").parent != checkout / package:
            raise ValueError(f"reading the imports of {package} in {checkout}: another one is imported already: {spec}")
        return grimp.build_graph(package, cache_dir=None)
    finally:
        sys.path.remove(str(checkout))


def rooms(imports: grimp.ImportGraph, package: str = PACKAGE) -> Rooms:
    """Return the rooms of the package, without ``__main__``: it starts the command line and is no room."""
    named = {_last(room): frozenset(map(_last, imported)) for room, imported in _siblings(imports, package).items()}
    return Rooms({room: imported for room, imported in named.items() if room != "__main__"})


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def circles(imports: grimp.ImportGraph) -> list[list[str]]:
    """Return, for each folder in which there is one, a circle of neighbours that import one another."""
    folders = {module.rpartition(".")[0] for module in imports.modules} - {""}
    return [found for folder in sorted(folders) if (found := _circle(_siblings(imports, folder)))]


def _circle(siblings: Mapping[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(siblings).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _siblings(imports: grimp.ImportGraph, folder: str) -> dict[str, set[str]]:
    """Return what lies directly below a folder, each with those of its neighbours that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for module in _below(imports.modules, folder):
        sibling = _child(module, folder)
        others = _below(imports.find_modules_directly_imported_by(module), folder)
        found[sibling] |= {_child(other, folder) for other in others} - {sibling}
    return dict(found)


def _below(modules: set[str], folder: str) -> Iterator[str]:
    return (module for module in modules if module.startswith(f"{folder}."))


def _child(module: str, folder: str) -> str:
    return f"{folder}.{module.removeprefix(f'{folder}.').partition('.')[0]}"
