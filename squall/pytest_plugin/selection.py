"""Which scenarios are meant: by promise, part of the title, tags, system. Reads texts; knows nothing of a platform."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from squall.errors import Misuse

_TOKEN = re.compile(r"[()]|[^\s()]+")
_PROMISE = "promise."
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
            (self.promise is None or f"{_PROMISE}{self.promise}" in candidate.tags)
            and (self.name is None or self.name.casefold() in candidate.title.casefold())
            and (self.tag is None or has(self.tag, candidate.tags))
            and (self.system is None or self.system == candidate.system)
        )

    def nothing(self, candidates: Sequence[Candidate]) -> str:
        """Say in one line that none of these is meant, and what there is to choose from."""
        asked = " and ".join(f"{what} {value!r}" for what, value in self._asked())
        return f"no scenario is selected: none of the {len(candidates)} has {asked}; there are {_there(candidates)}"

    def _asked(self) -> Iterator[tuple[str, str]]:
        parts = ("promise", self.promise), ("name", self.name), ("tag", self.tag), ("system", self.system)
        return ((what, value) for what, value in parts if value is not None)


def has(expression: str, tags: Collection[str]) -> bool:
    """Whether tags fit an expression of tags, ``and``, ``or``, ``not`` and parentheses.

    Raises:
        Misuse: it is none.
    """
    tokens = _TOKEN.findall(expression)
    value, rest = _either(tokens, tags, expression)
    if rest:
        raise _unreadable(expression, rest[0])
    return value


_Parsed = tuple[bool, Sequence[str]]
_Parser = Callable[[Sequence[str], Collection[str], str], _Parsed]


def _joined(word: str, part: _Parser, join: Callable[[Sequence[bool]], bool]) -> _Parser:
    def parse(tokens: Sequence[str], tags: Collection[str], whole: str) -> _Parsed:
        value, rest = part(tokens, tags, whole)
        values = [value]
        while rest and rest[0] == word:
            value, rest = part(rest[1:], tags, whole)
            values.append(value)
        return join(values), rest

    return parse


def _one(tokens: Sequence[str], tags: Collection[str], whole: str) -> _Parsed:
    negated = False
    while tokens and tokens[0] == "not":
        negated, tokens = not negated, tokens[1:]
    if not tokens or tokens[0] in {"and", "or", ")"}:
        raise _unreadable(whole, tokens[0] if tokens else "the end")
    if tokens[0] != "(":
        return (tokens[0].removeprefix("@") in tags) != negated, tokens[1:]
    if tokens.count("(") > _DEEPEST:
        raise _unreadable(whole, "(")
    value, rest = _either(tokens[1:], tags, whole)
    if not rest or rest[0] != ")":
        raise _unreadable(whole, rest[0] if rest else "the end")
    return value != negated, rest[1:]


_DEEPEST = 50
_both = _joined("and", _one, all)
_either = _joined("or", _both, any)


def _unreadable(expression: str, at: str) -> Misuse:
    where = at if at == "the end" else repr(at)
    return Misuse(
        f"reading the tags {expression!r}: nothing means {where} there; write for instance: kind and not slow"
    )


def _there(candidates: Sequence[Candidate]) -> str:
    promises = {tag.removeprefix(_PROMISE) for c in candidates for tag in c.tags if tag.startswith(_PROMISE)}
    tags = {tag for c in candidates for tag in c.tags if not tag.startswith(_PROMISE)}
    parts = ("systems", {c.system for c in candidates}), ("promises", promises), ("tags", tags)
    return "; ".join(f"{what} {_some(sorted(filter(None, names)))}" for what, names in parts)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "") or "none"
