"""A figure together with its error: the range in which the true value lies."""

import math
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema


def _read(value: object) -> object:
    return math.inf if value is None else value


def _number(value: float) -> float:
    if math.isnan(value):
        raise ValueError("not a number")
    return value


# JSON has no infinity; pydantic writes it as null, so null is read as infinity again.
Bound = Annotated[
    float,
    Field(allow_inf_nan=True),
    BeforeValidator(_read),
    AfterValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]}),
]


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A closed range of floats, ``low <= high``; ``high`` may be infinite (it has not happened yet).

    Raises:
        ValueError: ``low`` is above ``high``, or one of them is not a number.
    """

    low: Bound
    high: Bound

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"not an interval: {self.low} to {self.high}")

    @classmethod
    def exact(cls, value: float) -> Self:
        """Return the interval of a value that is known without error."""
        return cls(value, value)

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        """Return the range of all differences: both errors add up."""
        return Interval(self.low - other.high, self.high - other.low)

    @property
    def middle(self) -> float:
        """The centre, for pictures and short texts; never for a verdict."""
        return (self.low + self.high) / 2

    @property
    def error(self) -> float:
        """Half the width."""
        return (self.high - self.low) / 2

    def scaled(self, factor: float) -> "Interval":
        """Return the interval in another unit; ``factor`` is positive."""
        return Interval(self.low * factor, self.high * factor)

    def not_below(self, floor: float) -> "Interval":
        """Return the part at or above ``floor``: a duration is never negative."""
        return Interval(max(self.low, floor), max(self.high, floor))

    def later(self, other: "Interval") -> "Interval":
        """Return the range of the later of two moments."""
        return Interval(max(self.low, other.low), max(self.high, other.high))
