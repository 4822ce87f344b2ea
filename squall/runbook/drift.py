"""Numbers of a runbook's marked lines against the system file and the scenarios that prove the promise. Pure.

A number with a unit (30 seconds, 99.5 %, 200 ms) is held against all that the system file and those scenarios say:
equal to one of them is agreement. A key that the mark names is held against by itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from squall.run.scenario import Scenario, proven_by
from squall.runbook.marks import MarkedLine
from squall.system.system import System

_UNITS = {
    "ms": ("s", 0.001), "millisecond": ("s", 0.001), "milliseconds": ("s", 0.001),
    "s": ("s", 1.0), "sec": ("s", 1.0), "second": ("s", 1.0), "seconds": ("s", 1.0),
    "m": ("s", 60.0), "min": ("s", 60.0), "minute": ("s", 60.0), "minutes": ("s", 60.0),
    "h": ("s", 3600.0), "hour": ("s", 3600.0), "hours": ("s", 3600.0), "%": ("%", 1.0), "percent": ("%", 1.0),
}  # fmt: skip
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:[.,]\d+)?)[\s-]?(%|[A-Za-z]+)(?!\w)")
# Fields of claims that are milliseconds.
_MILLISECONDS = frozenset({("LatencyBelow", "limit"), ("LatencyBack", "below"), ("LatencyMeanwhile", "limit"),
                           ("AnsweredWithin", "limit")})  # fmt: skip
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in seconds (``s``) or per cent, as it is written."""

    value: float
    unit: str
    text: str


def quantities(text: str) -> Iterator[Quantity]:
    """Yield the durations and shares that a text states."""
    for number, unit in _NUMBER.findall(text):
        if (known := _UNITS.get(unit if unit == "m" else unit.lower())) is not None:
            yield Quantity(float(number.replace(",", ".")) * known[1], known[0], f"{number} {unit}")


def drift(marked: MarkedLine, system: System, scenarios: Sequence[Scenario]) -> list[str]:
    """Say which numbers of a line nothing else says, and which keys of its mark say something else."""
    stated = list(quantities(marked.text))
    problems = [text for key in marked.keys if (text := _of_key(key, stated, system))]
    if marked.keys or not stated:
        return problems
    own = [scenario for scenario in scenarios if set(marked.promises) & set(proven_by(scenario.tags))]
    known = [*_of_claims(own), *(value for _, value in _values(system))]
    return [f"it says {each.text}, which neither the system file nor a scenario of the promise does"
            for each in stated if not any(_equal(each, value) for value in known)]  # fmt: skip


def _of_key(key: str, stated: Sequence[Quantity], system: System) -> str:
    values = dict(_values(system))
    if key not in values:
        near = ", ".join(sorted(name for name in values if name.split(".")[0] == key.split(".")[0])[:6]) or "none there"
        return f"the system file has no number {key} (it has: {near})"
    if any(_equal(each, values[key]) for each in stated):
        return ""
    said = ", ".join(each.text for each in stated) or "no number"
    return f"it says {said}, and {key} is {values[key]:g} (seconds, or per cent)"


def _equal(stated: Quantity, value: float) -> bool:
    return abs(stated.value - value) <= _SAME * max(1.0, abs(value))


def _of_claims(scenarios: Sequence[Scenario]) -> Iterator[float]:
    for scenario in scenarios:
        for plan in scenario.claims:
            for name, value in plan.fields.items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield value / 1000 if (plan.name, name) in _MILLISECONDS else float(value)


def _values(part: object, at: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a system file with the keys that lead there: durations in s, shares in %."""
    if isinstance(part, BaseModel):
        part = {name: getattr(part, name) for name in type(part).model_fields}
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from _values(value, f"{at}.{name}" if at else str(name))
    elif isinstance(part, str) and part.endswith("%") and part[:-1].replace(".", "", 1).isdecimal():
        yield at, float(part[:-1])
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield at, float(part)
