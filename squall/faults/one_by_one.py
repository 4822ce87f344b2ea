"""``the pods of "api" crash one by one, 5s apart``."""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.faults.fault import Fault, HarmPart


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A fault strikes its instances one after another, ``apart`` seconds after it is over at the one before.

    The effect is that at each of them. The order is that of their names.
    """

    fault: Fault
    apart: float

    @property
    def parts(self) -> Sequence[HarmPart]:
        """Return the one part: the instances are known when they are chosen."""
        return (HarmPart(self.fault, apart=self.apart),)

    def describe(self) -> str:
        return f"{self.fault.describe()}, one by one, {self.apart:g}s apart"
