"""``a pod of "api" freezes for 10s``: it keeps its connections and answers nobody."""

from dataclasses import dataclass

from squall.faults.by_agent import ByAgent


@dataclass(frozen=True, slots=True)
class Freeze(ByAgent):
    """All processes of instances are stopped (SIGSTOP) for a time, and continued at its end.

    The effect is the state T of each in /proc. Undone by SIGCONT: at its end, when the agent's lease runs out, or
    by the agent's successor. A liveness probe may restart a frozen instance: that is the system's own healing.
    """

    def describe(self) -> str:
        return f"{self.share.of(self.service)} freeze for {self.lasts:g}s (SIGSTOP to all their processes)"
