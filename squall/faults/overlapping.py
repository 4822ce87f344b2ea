"""``these happen, each at its time``: harms that begin while others are active."""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.faults.fault import Harm, HarmPart, later


@dataclass(frozen=True, slots=True)
class Overlapping:
    """Harms that begin each at its own time (``times``, seconds after the first), whether or not others are active.

    The effect is that of each of them. They are undone in reverse.
    """

    harms: Sequence[Harm]
    times: Sequence[float]

    def __post_init__(self) -> None:
        """Refuse times that do not count from the first harm."""
        if min(self.times) != 0:
            raise ValueError(
                f"the times count from the first harm, and none is at 0s (the first is at {min(self.times):g}s)"
            )

    @property
    def parts(self) -> Sequence[HarmPart]:
        return tuple(part for harm, at in zip(self.harms, self.times, strict=True) for part in later(harm, at))

    def describe(self) -> str:
        each = zip(self.harms, self.times, strict=True)
        return "; ".join(f"at {at:g}s {harm.describe()}" for harm, at in each)
