"""``a pod of "api" crashes``: its main process is killed from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from squall.faults.fault import Target
from squall.platforms.capability import Signals
from squall.target import ONE, Evidence, Share
from squall.undo import Undo


@dataclass(frozen=True, slots=True)
class Crash:
    """The main process of instances ends by SIGKILL, as after a segmentation fault.

    The effect is the process that is gone, waited for at the instance. Nothing is undone: whoever runs the instance
    must start it again.
    """

    service: str
    share: Share = ONE
    lasts: float = 0.0
    needs: ClassVar[type] = Signals

    def describe(self) -> str:
        """Say what is done to whom."""
        return f"{self.share} of {self.service} crash (SIGKILL to the main process)"

    def plan(self, target: Target) -> Sequence[Undo]:
        """Return how to take away what reaches the processes."""
        return cast("Signals", target.platform).reach(target.instances, target.run)

    def prepare(self, target: Target) -> None:
        """Put the agents beside the instances."""
        cast("Signals", target.platform).hold(target.instances, target.run)

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Kill, and wait until each process is gone."""
        return cast("Signals", target.platform).kill(target.instances)
