"""``a pod of "api" crashes``: its main process is killed from outside."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_agent import ByAgent
from squall.faults.fault import Reversal


@dataclass(frozen=True, slots=True)
class Crash(ByAgent):
    """The main process of instances ends by SIGKILL, as after a segmentation fault.

    The effect is the process that is gone, waited for at the instance. Nothing is undone: whoever runs the instance
    must start it again.
    """

    reversal: ClassVar[Reversal] = Reversal.PASSING

    def describe(self) -> str:
        return f"{self.share.of(self.service)} crash (SIGKILL to the main process)"
