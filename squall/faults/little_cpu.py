"""``a pod of "api" is left with 5% of a CPU for 20s``."""

from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent


@dataclass(frozen=True, slots=True)
class LittleCpu(ByAgent):
    """Instances are left with a share of one CPU (``percent``) for a time, whatever limit they had before.

    The quota of their control group is lowered; nothing is burnt, so the load and its measurement do not suffer. The
    effect is the time for which the kernel kept the group waiting since (cpu.stat): who wants no more CPU than that
    is immune. Undone by writing the old quota back, unless someone else has changed it: at the end, when the agent's
    lease runs out, or by its successor.
    """

    percent: float = 5.0

    def describe(self) -> str:
        return f"{self.share.of(self.service)} left with {self.percent:g}% of a CPU for {self.lasts:g}s (quota)"

    def order(self) -> dict[str, Json]:
        return {"share": self.percent / 100}
