"""Prometheus's text format (0.0.4), as far as one metric needs it. Pure, and strict about the lines that it reads.

A page may hold thousands of lines, and is read every second: lines of other metrics are passed by unread.
https://prometheus.io/docs/instrumenting/exposition_formats
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LABEL = r'\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?P<text>(?:[^"\\\n]|\\.)*)"\s*'
_ONE_LABEL = re.compile(rf"{_LABEL}(?:,|$)")
# Labels, a value, and perhaps the moment (ms) that it is of. What may follow "#" is OpenMetrics's: an exemplar.
_REST = re.compile(
    r'\s*(?:\{(?P<labels>(?:[^"}]|"(?:[^"\\\n]|\\.)*")*)\})?\s*(?P<value>[^\s{}#]+)(?:\s+-?\d+(?:\.\d+)?)?\s*(?:#.*)?$'
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_SPECIAL = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n"}


class Unreadable(ValueError):
    """A line of the metric is not in the text format."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One sample of a metric: its labels and its value."""

    labels: Mapping[str, str]
    value: float


def samples(page: str, metric: str) -> Iterator[Measured]:
    """Yield the samples of a metric in the order of the page.

    Raises:
        Unreadable: a line of this metric means nothing; it is named by its number.
    """
    length = len(metric)
    for number, line in enumerate(page.split("\n"), start=1):
        text = line.strip(" \t\r")
        # The name ends where its characters do: http_requests is not http_requests_total.
        if text.startswith(metric) and (text[length : length + 1] in {"{", " ", "\t"}):
            yield _sample(text[length:], f"line {number}")


def _sample(rest: str, where: str) -> Measured:
    if (found := _REST.match(rest)) is None:
        raise Unreadable(f"{where} has no value")
    return Measured(_labels(found["labels"] or "", where), _value(found["value"], where))


def _value(text: str, where: str) -> float:
    if (special := _SPECIAL.get(text.lower())) is not None:
        return special
    if _NUMBER.match(text) is None:
        raise Unreadable(f"{where}: {text[:40]!r} is not a number")
    return float(text)


def _labels(text: str, where: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        if (found := _ONE_LABEL.match(text, at)) is None:
            raise Unreadable(f"{where}: its labels cannot be read")
        labels[found["name"]] = _ESCAPED.sub(lambda escaped: _MEANT.get(escaped[1], escaped[1]), found["text"])
        at = found.end()
    return labels
