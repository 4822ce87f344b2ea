"""``these happen together``: several harms that begin at the same moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from squall.faults.fault import Harm, HarmPart, later


@dataclass(frozen=True, slots=True)
class Together:
    """Several harms begin at the same moment; each lasts as long as it says, and they are undone in reverse.

    The effect is that of each of them: if one does not bite, the run proves nothing.
    """

    harms: Sequence[Harm]

    @property
    def parts(self) -> Sequence[HarmPart]:
        return tuple(part for harm in self.harms for part in later(harm, 0.0))

    def describe(self) -> str:
        return ", together with ".join(harm.describe() for harm in self.harms)
