"""What users may ask, read from JSON or from a query string. Nothing is answered here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

__all__ = ["BadQuery", "Pair", "Query", "read_batch"]

MOST_CANDIDATES = 100
MOST_QUERIES = 10
LONGEST_TEXT = 1000


class BadQuery(Exception):
    """The request means nothing; one line says why."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text and the documents to be put in order for it."""

    text: str
    candidates: tuple[int, ...]

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read ``{"query": "...", "candidates": [1, 2]}``, or raise BadQuery."""
        return cls.of(_json(body))

    @classmethod
    def of(cls, data: object) -> Self:
        """Take it from parsed JSON, or raise BadQuery."""
        if not isinstance(data, Mapping):
            raise BadQuery("expected an object")
        text, candidates = data.get("query"), data.get("candidates")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
            raise BadQuery(f"query: expected a text of 1 to {LONGEST_TEXT} characters")
        if not isinstance(candidates, list) or not 0 < len(candidates) <= MOST_CANDIDATES:
            raise BadQuery(f"candidates: expected 1 to {MOST_CANDIDATES} numbers of documents")
        return cls(text, tuple(_number("candidates", each) for each in candidates))

    @property
    def key(self) -> str:
        """What two queries with the same answer have in common."""
        return f"{self.text}\0{sorted(set(self.candidates))}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents to be compared."""

    a: int
    b: int

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read ``{"a": 1, "b": 2}``, or raise BadQuery."""
        data = _json(body)
        if not isinstance(data, Mapping):
            raise BadQuery("expected an object")
        return cls(_number("a", data.get("a")), _number("b", data.get("b")))

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Take it from ``?a=1&b=2``, or raise BadQuery."""
        try:
            return cls(_number("a", int(parameters["a"])), _number("b", int(parameters["b"])))
        except (KeyError, ValueError):
            raise BadQuery("a, b: expected the numbers of two documents") from None


def read_batch(body: bytes) -> list[Query]:
    """Read ``{"queries": [...]}``, or raise BadQuery."""
    data = _json(body)
    queries = data.get("queries") if isinstance(data, Mapping) else None
    if not isinstance(queries, list) or not 0 < len(queries) <= MOST_QUERIES:
        raise BadQuery(f"queries: expected 1 to {MOST_QUERIES}")
    return [Query.of(each) for each in queries]


def _json(body: bytes) -> object:
    try:
        data: object = json.loads(body)
    except ValueError:
        raise BadQuery("the body is not JSON") from None
    return data


def _number(name: str, value: object) -> int:
    # PostgreSQL's integer; a bool is an int to Python and to nobody else.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise BadQuery(f"{name}: expected the number of a document")
    return value
