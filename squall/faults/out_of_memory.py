"""``a pod of "api" runs out of memory``: the kernel ends it, as after a leak."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_agent import ByAgent
from squall.faults.fault import Reversal, Target

# What Kubernetes calls it.
REASON = "OOMKilled"


@dataclass(frozen=True, slots=True)
class OutOfMemory(ByAgent):
    """The control group of instances is filled from within until the kernel ends their main process.

    Only where the instance has a memory limit: without one it could not run out before its node does. For the time
    the main process is made the kernel's first choice (oom_score_adj), which is put back where it still lives. The
    effect is read at the kernel: the process is gone, and its group has counted one that was ended for want of
    memory. The platform's own word for it (OOMKilled) confirms that later. Nothing else is undone: whoever runs the
    instance must start it again.
    """

    reversal: ClassVar[Reversal] = Reversal.PASSING

    def describe(self) -> str:
        return f"{self.share.of(self.service)} run out of memory (their control group is filled)"

    def confirmed(self, target: Target) -> Sequence[tuple[str, str]]:
        struck = {instance.name for instance in target.instances}
        now = target.platform.instances(self.service)
        return [
            (each.name, f"the platform says {REASON}") for each in now if each.name in struck and each.ended == REASON
        ]
