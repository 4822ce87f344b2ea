"""``these happen one after another, 5s apart``: the next harm begins when the one before is over."""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.faults.fault import Harm, HarmPart, later, length


@dataclass(frozen=True, slots=True)
class InTurn:
    """One harm after another, each ``apart`` seconds after the one before is over; they are undone in reverse.

    The effect is that of each of them. A harm whose length is not known beforehand can only be the last.
    """

    harms: Sequence[Harm]
    apart: float

    def __post_init__(self) -> None:
        """Refuse an order that cannot be planned."""
        for harm in self.harms[:-1]:
            length(harm)

    @property
    def parts(self) -> Sequence[HarmPart]:
        found, at = [*later(self.harms[0], 0.0)], 0.0
        for before, harm in zip(self.harms, self.harms[1:], strict=False):
            at += length(before) + self.apart
            found += later(harm, at)
        return tuple(found)

    def describe(self) -> str:
        return f", {self.apart:g}s later ".join(harm.describe() for harm in self.harms)
