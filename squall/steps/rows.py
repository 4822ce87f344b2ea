"""The table below a step, and the harms that its rows name by the sentences of the vocabulary."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from pytest_bdd.parser import Step

from squall.faults.fault import Harm
from squall.steps.sentence import VOCABULARY


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its line in the file, and its cells."""

    line: int
    cells: Sequence[str]


class RowProblem(ValueError):
    """What is wrong with one row of a table."""

    def __init__(self, row: Row, problem: str) -> None:
        super().__init__(problem)
        self.line = row.line


def rows(step: Step) -> list[Row]:
    """Return the rows below a step; none if there is no table."""
    table = step.datatable
    return [Row(row.location.line, [cell.value for cell in row.cells]) for row in table.rows] if table else []


def harm(row: Row) -> Harm:
    """Return what the last cell of a row means as a When sentence.

    Raises:
        RowProblem: it means nothing, has a table of its own, or says what cannot be.
    """
    text = row.cells[-1]
    found = [one for one in VOCABULARY.values() if one.keyword == "when" and one.parser.is_matching(text)]
    if len(found) != 1 or found[0].table:
        raise RowProblem(row, unknown("When", "when", text) if not found else f'"{text}" is no harm of its own')
    try:
        return cast("Harm", found[0].value(text))
    except ValueError as error:
        raise RowProblem(row, str(error)) from error


def unknown(word: str, keyword: str, text: str) -> str:
    """Say that a text is no sentence, and which is the nearest; ``word`` is the keyword as it was written."""
    known = [one for one in VOCABULARY.values() if one.keyword == keyword]
    sentences = {plain(said): one.shown for one in known for said in (one.former, one.shown) if said}
    near = difflib.get_close_matches(plain(text), sentences, n=1, cutoff=0.4)
    nearest = f"; the nearest is: {sentences[near[0]]}" if near else "; squall list shows all sentences"
    return f'no sentence "{word} {text}"{nearest}'


def shown(keyword: str) -> Iterator[str]:
    """Yield the sentences of a keyword as people read them."""
    return (sentence.shown for sentence in VOCABULARY.values() if sentence.keyword == keyword)


def plain(text: str) -> str:
    """Return a sentence without what varies in it, so that texts and steps can be compared."""
    words = [word for word in text.split() if not any(mark in word for mark in '"{}') and not word[0].isdigit()]
    return " ".join(words)
