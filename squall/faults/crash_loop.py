"""``a pod of "api" restarts its container in a loop for 30s``: it ends at each start, as in CrashLoopBackOff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_agent import ByAgent
from squall.faults.fault import Reversal, Target


@dataclass(frozen=True, slots=True)
class CrashLoop(ByAgent):
    """The main process of instances ends by SIGKILL, and so does each that is started in its place, for a time.

    The effect is the process that is gone, and one that was started in its place and is gone too: an instance that
    nobody starts again is immune. That the platform counts restarts and waits between them (CrashLoopBackOff) confirms
    it later. At the end the instance is left alone. Nothing is undone: whoever runs it starts it after its back-off,
    which may take longer than the harm did (a kubelet's is 10 s, then 20, 40, up to 5 minutes).
    """

    reversal: ClassVar[Reversal] = Reversal.PASSING

    def describe(self) -> str:
        return f"{self.share.of(self.service)} restart in a loop for {self.lasts:g}s (SIGKILL at each start)"

    def confirmed(self, target: Target) -> Sequence[tuple[str, str]]:
        """Return the instances that the platform has started again, or waits to, and how it says so."""
        struck = {instance.name: instance.incarnation for instance in target.instances}
        said = []
        for now in target.platform.instances(self.service):
            if now.name in struck and now.backing_off:
                said.append((now.name, "the platform waits before it starts it again (back-off)"))
            elif now.name in struck and now.restarted is not None and now.incarnation != struck[now.name]:
                said.append((now.name, f"the platform started it again {now.restarted:.0f} s ago"))
        return said
