"""``a pod of "api" is deleted``: through the platform's API, with its grace period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from squall.errors import InjectionFailed
from squall.faults.fault import Reversal, Target
from squall.instances import ONE, Evidence, Share
from squall.platforms.capability import Deletes
from squall.safety.undo_log import Undo

# Longer than most take to stop, and shorter than the grace period after which Kubernetes kills (30 s).
GONE_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Deletion:
    """Instances are deleted as an operator would; whoever owns them must replace them.

    The effect is the instance (its uid) that is no longer there, ``within`` so many seconds; one that takes longer was
    not deleted, whatever the API answered. Only instances that something owns are deleted.
    """

    service: str
    share: Share = ONE
    lasts: float = 0.0
    within: float = GONE_WITHIN
    needs: ClassVar[type] = Deletes
    reversal: ClassVar[Reversal] = Reversal.PASSING

    def describe(self) -> str:
        return f"{self.share.of(self.service)} deleted"

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return what brings them back should the harness die, where their owner does not do that by itself."""
        owned(target)
        return cast("Deletes", target.platform).plan_delete(target.instances)

    def prepare(self, target: Target) -> None:
        """Do nothing: the API is there."""

    def inject(self, target: Target) -> Sequence[Evidence]:
        return cast("Deletes", target.platform).delete(target.instances, self.within)


def owned(target: Target) -> None:
    """Raise InjectionFailed for an instance that nothing owns."""
    for instance in target.instances:
        if not instance.owned:
            raise InjectionFailed(f"deleting {instance.name}: nothing owns it, so nothing would bring it back")
