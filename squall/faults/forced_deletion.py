"""``a pod of "api" is deleted by force``: the platform forgets it at once, whatever still runs of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from squall.faults.deletion import Deletion, owned
from squall.faults.fault import Target
from squall.instances import Evidence
from squall.platforms.capability import DeletesByForce
from squall.safety.undo_log import Undo


@dataclass(frozen=True, slots=True)
class ForcedDeletion(Deletion):
    """Instances are deleted without grace, as ``kubectl delete --force`` does; whoever owns them must replace them.

    The effect is the instance (its uid) that the platform no longer knows. Its processes are ended by its node, which
    nobody waits for: for a moment the old one and the new one may both run. Only instances that something owns are
    deleted.
    """

    needs: ClassVar[type] = DeletesByForce

    def describe(self) -> str:
        return f"{self.share.of(self.service)} deleted by force"

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return nothing: the owner makes a new one."""
        owned(target)
        return ()

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Delete, and wait until each is forgotten."""
        return cast("DeletesByForce", target.platform).delete_by_force(target.instances, self.within)
