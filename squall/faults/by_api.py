"""What faults have in common that are done to the platform's own objects: aimed, carried out and ended through it.

No fault is defined here: each has its own file. A platform finds what carries it out by the name of its class, and is
told its own fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, cast

from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Ending, Evidence, Share
from squall.platforms.capability import Platform
from squall.platforms.object_harms import ObjectHarm, ObjectHarms, ObjectOrder
from squall.safety.undo_log import Undo

# What all of them have, and the platform is told in another way.
_AIMS = {"service", "share", "lasts"}


@dataclass(frozen=True, slots=True)
class ByApi:
    """A harm through the platform; ``lasts`` in seconds, 0 if it is active until squall reverts it."""

    service: str = ""
    share: Share = EVERY
    lasts: float = 0.0
    needs: ClassVar[type] = ObjectHarms
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE

    def harm(self, target: Target) -> ObjectHarm:
        """Return what carries it out on the platform, aimed at the target."""
        details = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _AIMS}
        order = ObjectOrder(type(self).__name__, self.service, target.nodes, details)
        return cast("ObjectHarms", target.platform).object_harm(order)

    def check(self, platform: Platform) -> None:
        self.harm(Target(platform, (), ""))

    def warnings(self, target: Target) -> Sequence[str]:
        return self.harm(target).warnings()

    def plan(self, target: Target) -> Sequence[Undo]:
        return self.harm(target).undo(target.run)

    def prepare(self, target: Target) -> None:
        self.harm(target).prepare(target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        return self.harm(target).harm(target.run, self.lasts)

    def end(self, target: Target) -> Sequence[Ending]:
        return self.harm(target).end(target.run)

    def ended(self, target: Target) -> Sequence[Ending]:
        return self.harm(target).ended(target.run)

    def until(self) -> str:
        """Say for how long, as part of ``describe``."""
        return f" for {self.lasts:g}s" if self.lasts else ""
