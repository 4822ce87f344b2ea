"""``a release of "api" that fails its health check is deployed``: through the system's own releaser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from squall.faults.fault import Reversal, Target
from squall.instances import EVERY, Evidence, Impact, Share
from squall.platforms.capability import Releases
from squall.safety.undo_log import Undo

# Stopping an instance with its grace, and starting the first of the new version.
SEEN_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Release:
    """The releaser of the system is called with a version of a service, by the name that system.yaml has for it.

    The effect is an instance of that version, seen to run. Whether it is rolled back is the releaser's doing; what is
    left of it after the observation is put back by squall, and that is no rolling back.
    """

    service: str
    release: str
    share: Share = EVERY
    lasts: float = 0.0
    needs: ClassVar[type] = Releases
    reversal: ClassVar[Reversal] = Reversal.REVERSIBLE
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"a release of {self.service} that {self.release}"

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return how to put it back."""
        return cast("Releases", target.platform).plan_release(self.service, self.release)

    def prepare(self, target: Target) -> None:
        cast("Releases", target.platform).prepare_release(self.service, self.release)

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Call the releaser, and wait for the first instance of the version."""
        return cast("Releases", target.platform).release(self.service, self.release, SEEN_WITHIN)
