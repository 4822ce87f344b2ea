"""``"redis" is unreachable for 20s``: what is sent to it is lost, and nobody is told."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent
from squall.instances import EVERY, Impact, Share


@dataclass(frozen=True, slots=True)
class Unreachable(ByAgent):
    """Packets to the ports of instances are dropped in their network namespaces, and established connections are reset.

    With ``established`` false these go on, and only new connections hang. The kubelet's probes pass, so the platform
    notices nothing. The effect is a connect from inside that got through before and gets no answer now, with the
    packets that were dropped, counted by the kernel. Undone by taking the rules away: at its end, by the agent's
    successor, and by the kernel itself 15 s after the agent's last word.
    """

    share: Share = EVERY
    established: bool = True
    keeps_callers_away: ClassVar[bool] = True
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        what = "packets to its ports dropped" if self.established else "new connections dropped"
        return f"{self.share.of(self.service)} unreachable for {self.lasts:g}s ({what})"

    def order(self) -> dict[str, Json]:
        return {"established": self.established}
