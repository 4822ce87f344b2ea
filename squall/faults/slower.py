"""``"payments" answers 500ms slower for 20s``: each answer comes later by that."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent
from squall.instances import EVERY, Impact, Share


@dataclass(frozen=True, slots=True)
class Slower(ByAgent):
    """Each answer of instances is delayed by ``delay`` seconds, more or less by up to ``jitter``, whatever they speak.

    A proxy in the instance's network namespace holds back what the instance sends; several answers in a row are all
    as late, so a log-in with three round trips takes three times the delay. Established connections are reset, unless
    it is for new ones alone (``established`` false). The kubelet's probes go past the proxy. The effect is the first
    answer that was delayed, with its time; if nobody asks within two seconds, a request of the agent's own. Undone by
    letting everything pass, ending idle connections in order and the others after three seconds, and taking the rules
    away.
    """

    share: Share = EVERY
    delay: float = 0.0
    jitter: float = 0.0
    established: bool = True
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        more = f" +-{self.jitter * 1000:g}ms" if self.jitter else ""
        return f"{self.share.of(self.service)} answers {self.delay * 1000:g}ms{more} slower for {self.lasts:g}s"

    def order(self) -> dict[str, Json]:
        return {"delay": self.delay, "jitter": self.jitter, "established": self.established}
