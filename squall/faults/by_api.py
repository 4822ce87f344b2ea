"""What faults have in common that stand in the platform's own objects: aimed, carried out and ended through it.

No fault stands in here: each has its own file, with what it asks of the platform.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Ending, Evidence, Share
from squall.platforms.capability import Platform
from squall.platforms.object_harms import Harming
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class ByApi(ABC):
    """A harm through the platform; ``lasts`` in seconds, 0 if it stands until squall takes it back."""

    service: str = ""
    share: Share = EVERY
    lasts: float = 0.0
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE

    @abstractmethod
    def harming(self, target: Target) -> Harming:
        """Return the platform's harm, aimed at the target."""

    def check(self, platform: Platform) -> None:
        """Raise Misuse if the system file says too little for it."""
        self.harming(Target(platform, (), ""))

    def warnings(self, target: Target) -> Sequence[str]:
        """Return what may get in its way."""
        return self.harming(target).warnings()

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return what takes it back."""
        return self.harming(target).undo(target.run)

    def prepare(self, target: Target) -> None:
        """Put in place what the harm and its proof need."""
        self.harming(target).prepare(target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Do it, and read its effect at each object."""
        return self.harming(target).harm(target.run, self.lasts)

    def end(self, target: Target) -> Sequence[Ending]:
        """End it, and read that it is over."""
        return self.harming(target).end(target.run)

    def ended(self, target: Target) -> Sequence[Ending]:
        """Return where someone else has ended it."""
        return self.harming(target).ended(target.run)

    def until(self) -> str:
        """Say for how long, as part of ``describe``."""
        return f" for {self.lasts:g}s" if self.lasts else ""
