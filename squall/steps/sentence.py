"""A sentence: its text with typed placeholders, and the pure factory that turns it into a value.

The registry knows every sentence; pytest-bdd stays the one that finds and runs steps. No sentence is defined here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pytest_bdd import given, parsers, then, when

from squall.steps.types import PHRASES, TYPES

Keyword = Literal["given", "when", "then"]
Factory = TypeVar("Factory", bound=Callable[..., Any])
_PHRASE = re.compile(rf"\{{\w+:({'|'.join(PHRASES)})\}}")
_DECORATORS = {"given": given, "when": when, "then": then}


@dataclass(frozen=True)
class Sentence:
    """One meaning. ``make`` takes the placeholders by name and returns a part of a scenario.

    It raises ValueError, with what to write instead, for values that cannot mean anything. ``table`` holds an example
    of each cell of a row, if a table belongs below the sentence; ``make`` then takes its ``rows``. ``former`` is how an
    older squall said it: refused, with this one named.
    """

    keyword: Keyword
    text: str
    parser: parsers.StepParser
    make: Callable[..., Any]
    table: Sequence[str] = ()
    former: str = ""

    @property
    def shown(self) -> str:
        """The text for people: a placeholder that is a whole phrase in its plainest form."""
        return _PHRASE.sub(lambda found: PHRASES[found[1]], self.text)

    @property
    def about(self) -> str:
        """The first line of the factory's docstring."""
        return (self.make.__doc__ or "").strip().split("\n")[0]

    def value(self, step: str, rows: Sequence[Any] = ()) -> Any:
        """Return the part of a scenario that a step's text means, with the rows of the table below it."""
        more = self.parser.parse_arguments(step) or {}
        if not self.table:
            if rows:
                raise ValueError(f'no table belongs below "{step}"')
            return self.make(**more)
        if not rows or any(len(row.cells) != len(self.table) for row in rows):
            raise ValueError(f'below "{step}" belongs a table whose rows are: | {" | ".join(self.table)} |')
        return self.make(rows=rows, **more)


VOCABULARY: dict[Callable[..., object], Sentence] = {}


def sentence(
    keyword: Keyword, text: str, types: Mapping[str, Any] | None = None, table: Sequence[str] = (), former: str = ""
) -> Callable[[Factory], Factory]:
    """Define a sentence; decorate its factory with it."""

    def register(factory: Factory) -> Factory:
        parser = parsers.cfparse(text, extra_types={**TYPES, **(types or {})}, case_sensitive=True)

        def run_step(squall_step: Callable[[str], None]) -> None:
            squall_step(keyword)

        _forget(factory)
        VOCABULARY[run_step] = Sentence(keyword, text, parser, factory, tuple(table), former)
        # pytest-bdd puts the step's fixture into the module that is this many frames up: the factory's.
        _DECORATORS[keyword](parser, stacklevel=2)(run_step)
        return factory

    return register


def _forget(factory: Callable[..., Any]) -> None:
    """Drop what a factory's module defined when it was imported before: a sentence is not two because of that."""
    name = factory.__module__, factory.__qualname__
    for step, known in list(VOCABULARY.items()):
        if known.make is not factory and (known.make.__module__, known.make.__qualname__) == name:
            del VOCABULARY[step]
