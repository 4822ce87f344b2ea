"""Which scenarios are meant: by promise, part of the title, tags, system. Reads texts; knows nothing of a platform."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from squall.errors import Misuse
from squall.run.scenario import PROMISE

_MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a scenario before its sentences mean anything."""

    title: str
    tags: Collection[str]
    system: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for; what is None was not asked. ``tag`` is an expression: ``kind and not (slow or P1)``."""

    promise: str | None = None
    name: str | None = None
    tag: str | None = None
    system: str | None = None

    def __post_init__(self) -> None:
        if self.tag is not None:
            has(self.tag, ())

    def takes(self, candidate: Candidate) -> bool:
        """Whether a scenario is meant."""
        return (
            (self.promise is None or f"{PROMISE}{self.promise}" in candidate.tags)
            and (self.name is None or self.name.casefold() in candidate.title.casefold())
            and (self.tag is None or has(self.tag, candidate.tags))
            and (self.system is None or self.system == candidate.system)
        )

    def may_take(self, text: str, title: str | None = None) -> bool:
        """Whether a scenario of a file with this text may be meant, though it could not be read.

        ``title`` is the scenario's, if that is known. Tags are not asked for: they may be anywhere in the text.
        """
        asked = (self.promise and f"@{PROMISE}{self.promise}", self.system and f'"{self.system}"')
        named = self.name is None or self.name.casefold() in (title or text).casefold()
        return named and all(part in text for part in asked if part)

    def nothing(self, candidates: Sequence[Candidate]) -> str:
        """Say in one line that none of these is meant, and what there is to choose from."""
        asked = " and ".join(f"{what} {value!r}" for what, value in self._asked())
        return f"no scenario is selected: none of the {len(candidates)} has {asked}; there are {_there(candidates)}"

    def _asked(self) -> Iterator[tuple[str, str]]:
        parts = ("promise", self.promise), ("name", self.name), ("tag", self.tag), ("system", self.system)
        return ((what, value) for what, value in parts if value is not None)


def has(expression: str, tags: Collection[str]) -> bool:
    """Whether tags fit an expression of tags as Cucumber has them; with or without the ``@``.

    Raises:
        Misuse: it is none.
    """
    # Not for everyone who selects by something else.
    from cucumber_tag_expressions import TagExpressionError, parse

    if not expression.strip():
        raise _invalid(expression, "unexpected end")
    try:
        return bool(parse(expression)({*tags, *(f"@{tag}" for tag in tags)}))
    except TagExpressionError as error:
        raise _invalid(expression, _reason(str(error))) from error
    except RecursionError as error:
        raise _invalid(expression, "nested too deeply") from error


def _reason(said: str) -> str:
    # What the parser calls too few operands and open brackets is, to a reader, that the text ends too soon.
    if "Too few operands" in said or "Unclosed" in said:
        return "unexpected end"
    return said.partition("\n")[0].removeprefix("Syntax error. ").rstrip(". ")


def _invalid(expression: str, reason: str) -> Misuse:
    return Misuse(f"invalid tag expression {expression!r}: {reason}; example: kind and not slow")


def _there(candidates: Sequence[Candidate]) -> str:
    promises = {tag.removeprefix(PROMISE) for c in candidates for tag in c.tags if tag.startswith(PROMISE)}
    tags = {tag for c in candidates for tag in c.tags if not tag.startswith(PROMISE)}
    parts = ("systems", {c.system for c in candidates}), ("promises", promises), ("tags", tags)
    return "; ".join(f"{what} {_some(sorted(filter(None, names)))}" for what, names in parts)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "") or "none"
