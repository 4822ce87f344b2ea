"""Docstrings and tables as Markdown, for the pages that are written from the code."""

import inspect
from collections.abc import Sequence

Table = Sequence[Sequence[str]]


def plain(thing: object) -> str:
    """Return what a thing's docstring says, as Markdown."""
    return text(inspect.getdoc(thing) or "")


def text(docstring: str) -> str:
    """Return a docstring as Markdown: its double backquotes are single ones here."""
    return inspect.cleandoc(docstring).replace("``", "`")


def first(thing: object) -> str:
    """Return the first paragraph of it, on one line."""
    return " ".join(plain(thing).split("\n\n")[0].split())


def table(head: Sequence[str], rows: Table) -> str:
    """Return a table; nothing if it has no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
