"""Whose a feature file is. What is not squall's, behave's or a pytest-bdd test's of the project, is left alone."""

import difflib
from collections.abc import Collection
from pathlib import Path

from squall.steps.document import Document
from squall.steps.rows import plain, shown

# The folder beside scenarios/ that is squall's by convention.
PLACE = "features"
# From here on a text is rather a sentence with a mistake in it than somebody else's.
_NEAR = 0.8


def is_ours(document: Document, base: Path, named: Collection[Path]) -> bool:
    """Whether a feature file is squall's; ``base`` is the folder that has the systems, ``named`` what was asked for.

    A file that was named is. Elsewhere one of squall's sentences must be in it; in ``features/`` beside the systems
    something like one is enough, and so is that it holds no step at all: who put it there is told that it is empty.
    """
    path = document.path.resolve()
    if path in named or any(document.sentences()):
        return True
    if not path.is_relative_to((base / PLACE).resolve()):
        return False
    systems = {f'"{folder.name}"' for folder in (base / "scenarios").iterdir()}
    steps = list(document.steps())
    return not steps or any(system in step for step in steps for system in systems) or _near(steps)


def _near(steps: Collection[str]) -> bool:
    sentences = {plain(text) for keyword in ("given", "when", "then") for text in shown(keyword)}
    return any(difflib.get_close_matches(plain(step), sentences, n=1, cutoff=_NEAR) for step in steps)
