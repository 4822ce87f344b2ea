"""Files as the context of a build. What is in them does not matter here."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

__all__ = ["hard_copy", "mirror"]


def hard_copy(source: Path, target: Path) -> None:
    """Put a file somewhere else, without its bytes where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def mirror(paths: Iterable[Path], root: Path, target: Path) -> None:
    """Copy files and folders of one root to the same places under another."""
    for path in paths:
        place = target / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copy2(path, place)
