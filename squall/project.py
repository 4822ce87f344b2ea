"""The user's own project: modules of hers that a record or an undo log names, found below the folder we are in.

A name in a file must not run just any code: only a module whose file is below that folder is imported.
"""

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

# What is installed into a virtual environment is not the project's, though the environment often stands in its folder.
INSTALLED = {"site-packages", "dist-packages"}


def module(name: str) -> ModuleType | None:
    """Return a module of the project (``steps.days``), imported if it is not yet; None: it has no such module.

    Whatever the module raises when it is imported is raised here.
    """
    if name in sys.modules:
        return sys.modules[name]
    here = str(Path.cwd())
    # A command that was installed has not the folder on its path, as python -m has.
    sys.path.insert(0, here)
    try:
        return importlib.import_module(name) if _is_below(name.partition(".")[0], here) and _is_there(name) else None
    finally:
        sys.path.remove(here)


def _is_below(top: str, folder: str) -> bool:
    """Say whether a top-level module or package stands in the folder or below it."""
    try:
        found = find_spec(top)
    except (ImportError, ValueError):
        return False
    if found is None:
        return False
    places = [Path(place).resolve() for place in [found.origin] if place is not None]
    places = places or [Path(place).resolve() for place in found.submodule_search_locations or ()]
    return bool(places) and all(place.is_relative_to(folder) and not INSTALLED & {*place.parts} for place in places)


def _is_there(name: str) -> bool:
    """Say whether a module of a package that is ours exists; only its parents are imported."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
