"""The house in figures: its rooms, their imports, its names and its sizes.

``python -m benchmarks.house [CHECKOUT...]``: one column for each checkout, this one if none is named; the code that
is measured is read, never imported. ``tests/test_house.py`` holds what must not get worse.
"""

import ast
import io
import sys
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

from grimp import ImportGraph

from docs.rooms import PACKAGE, ROOT, Rooms, circles, graph, rooms

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@dataclass(frozen=True)
class Source:
    """One file of the package."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """All its lines."""
        return self.text.count("\n")

    @property
    def docstring_lines(self) -> set[int]:
        """The numbers of the lines that are part of a docstring."""
        documented = (node for node in ast.walk(self.tree) if isinstance(node, Documented))
        found = (_docstring(node) for node in documented)
        return {line for each in found if each for line in range(each.lineno, (each.end_lineno or 0) + 1)}

    @property
    def code_lines(self) -> set[int]:
        """The numbers of the lines with code on them."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        spans = (range(each.start[0], each.end[0] + 1) for each in tokens if each.type not in _NO_CODE)
        return {line for span in spans for line in span} - self.docstring_lines

    @property
    def functions(self) -> Iterator[tuple[str, int]]:
        """Yield each function with the lines of its body; its docstring does not count."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                body = node.body[1:] if _docstring(node) else node.body
                yield f"{self.name}:{node.name}", (node.end_lineno or 0) - body[0].lineno + 1 if body else 0

    @property
    def sleeping_loops(self) -> list[int]:
        """The line of each ``while`` in which something sleeps."""
        loops = (node for node in ast.walk(self.tree) if isinstance(node, ast.While))
        return [loop.lineno for loop in loops if any(_sleeps(node) for node in ast.walk(loop))]


def _docstring(node: Documented) -> ast.Expr | None:
    first = node.body[0] if node.body else None
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return first if is_text and isinstance(first, ast.Expr) else None


def _sleeps(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return "sleep" in {getattr(called, "attr", ""), getattr(called, "id", "")}


@dataclass(frozen=True)
class House:
    """What is in one checkout."""

    checkout: Path
    package: str = PACKAGE

    @cached_property
    def sources(self) -> list[Source]:
        """Every file of the package."""
        paths = sorted((self.checkout / self.package).rglob("*.py"))
        return [Source(str(path.relative_to(self.checkout / self.package)), path.read_text("utf-8")) for path in paths]

    @property
    def root(self) -> set[str]:
        """The modules that lie flat in the package's root."""
        return {source.name.removesuffix(".py") for source in self.sources if "/" not in source.name} - {"__init__"}

    @property
    def folders(self) -> set[str]:
        """The folders with code in them."""
        return {source.name.rpartition("/")[0] for source in self.sources} - {""}

    @cached_property
    def rooms(self) -> Rooms:
        """The rooms and their imports."""
        return rooms(self._graph, self.package)

    @property
    def circles(self) -> list[list[str]]:
        """The folders in which neighbours import one another in a circle."""
        return circles(self._graph)

    @cached_property
    def _graph(self) -> ImportGraph:
        return graph(self.checkout, self.package)

    @property
    def layers(self) -> int:
        """The layers that import-linter is given."""
        settings = tomllib.loads((self.checkout / "pyproject.toml").read_text("utf-8"))
        contracts = settings["tool"]["importlinter"]["contracts"]
        return sum(len(contract["layers"]) for contract in contracts if contract["type"] == "layers")

    @property
    def twice(self) -> Mapping[str, list[str]]:
        """Each name that more than one class has, and the files that they are in."""
        found: dict[str, list[str]] = defaultdict(list)
        for source in self.sources:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(source.name)
        return {name: files for name, files in sorted(found.items()) if len(files) > 1}


def figures(house: House) -> Iterator[tuple[str, str]]:
    """Yield each figure with what it is."""
    files = {source.name: source.lines for source in house.sources}
    functions = dict(each for source in house.sources for each in source.functions)
    yield "files", f"{len(files)}"
    yield "files in the package's root", f"{len(house.root)}"
    yield "folders", f"{len(house.folders)}"
    yield "rooms (folders and modules of the root)", f"{len(house.rooms.imports)}"
    yield "floors of rooms", f"{len(house.rooms.floors)}"
    yield "arrows between rooms", f"{len(house.rooms.arrows)}"
    yield "folders in which neighbours import in a circle", f"{len(house.circles)}"
    yield "layers of import-linter", f"{house.layers}"
    yield "class names defined twice or more", f"{len(house.twice)}"
    yield "`while` loops that sleep", f"{sum(len(source.sleeping_loops) for source in house.sources)}"
    yield "lines of code", f"{sum(len(source.code_lines) for source in house.sources)}"
    yield "lines of docstrings", f"{sum(len(source.docstring_lines) for source in house.sources)}"
    yield "lines of a file, median", f"{median(files.values()):.0f}"
    yield "lines of a file, most", _largest(files)
    yield "lines of a function's body, median", f"{median(functions.values()):.0f}"
    yield "lines of a function's body, most", _largest(functions)


def _largest(sizes: Mapping[str, int]) -> str:
    name = max(sizes, key=lambda each: sizes[each])
    return f"{sizes[name]} ({name})"


def main(checkouts: Sequence[Path]) -> int:
    columns = [dict(figures(House(checkout))) for checkout in checkouts]
    widths = [max(len(text) for text in column.values()) for column in columns]
    for name in columns[0]:
        print(
            f"{name:48}", *(f"{column[name]:{width}}" for column, width in zip(columns, widths, strict=True)), sep="  "
        )
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(word).resolve() for word in sys.argv[1:]] or [ROOT]))
