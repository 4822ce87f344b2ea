"""The user's own project: the modules that its ``conftest.py`` registers, and no others.

A record or an undo log may name a claim, a fault or an undo of a project. Such a name never chooses what is imported:
``pytest_plugins`` in the ``conftest.py`` of the folder that we are in does, read as text. A run folder is no project,
whatever files somebody has put into it.
"""

import ast
import importlib
import sys
from pathlib import Path
from types import ModuleType

# What a run leaves in its folder: a folder with one of these was perhaps received from somebody else.
_OF_RUNS = ("plan.json", "timeline.jsonl", "undo.jsonl", "harness.json", "findings.json")


def module(name: str) -> ModuleType | None:
    """Return a module that the project registers, or that one of those imports; None: it has none of that name.

    Whatever a registered module raises when it is imported is raised here.
    """
    if name not in sys.modules:
        _import_registered(project_folder(Path.cwd()))
    return sys.modules.get(name)


def project_folder(folder: Path) -> Path:
    """Return the project that a folder is in: the nearest above with a ``conftest.py`` that registers something.

    Itself, if there is none, and if it is in a run folder: whoever sent that has no say in what is imported.
    """
    above = [folder, *folder.parents]
    if any((each / left).exists() for each in above for left in _OF_RUNS):
        return folder
    return next((each for each in above if registered(each)), folder)


def _import_registered(folder: Path) -> None:
    # A command that was installed has not the folder on its path, as python -m has.
    sys.path.insert(0, str(folder))
    try:
        for name in sorted(registered(folder)):
            if _defined(name, folder):
                importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))


def registered(folder: Path) -> frozenset[str]:
    """Return the modules that a folder's ``conftest.py`` lists as ``pytest_plugins``; none where there is none."""
    if any((folder / left).exists() for left in _OF_RUNS):
        return frozenset()
    try:
        body = ast.parse((folder / "conftest.py").read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    return frozenset(name for statement in body for name in _listed(statement))


def _listed(statement: ast.stmt) -> list[str]:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return []
    names = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if not any(isinstance(name, ast.Name) and name.id == "pytest_plugins" for name in names):
        return []
    try:
        listed = ast.literal_eval(statement.value)
    except ValueError:
        return []
    listed = [listed] if isinstance(listed, str) else listed
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list | tuple) else []


def _defined(name: str, folder: Path) -> bool:
    """Say whether a file in the folder is that module, each package on the way to it with an ``__init__.py``."""
    *packages, last = name.split(".")
    place = folder
    for package in packages:
        place /= package
        if not (place / "__init__.py").is_file():
            return False
    return (place / f"{last}.py").is_file() or (place / last / "__init__.py").is_file()
