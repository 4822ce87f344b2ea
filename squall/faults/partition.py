"""``there is a partition between "api" and "postgres" for 20s``: packets between the two are lost, all others pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from pydantic import JsonValue as Json

from squall.faults.by_agent import ByAgent
from squall.faults.fault import Target
from squall.instances import EVERY, Evidence, Impact, Share
from squall.platforms.capability import Network


@dataclass(frozen=True, slots=True)
class Partition(ByAgent):
    """Packets between a service and the addresses of ``other`` are dropped in the namespaces of the service.

    The addresses are those of the other's instances at that moment and its Service's own. With ``both`` false only
    packets on their way to the other are lost. Nothing is reset: established connections hang, as when a cable is cut.
    The effect is a connect from inside that got through before and gets no answer now, with the packets that were
    dropped, counted by the kernel. Undone as ``Unreachable`` is.
    """

    share: Share = EVERY
    other: str = ""
    both: bool = True
    keeps_callers_away: ClassVar[bool] = True
    needs: ClassVar[type] = Network
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        way = f"between {self.service} and" if self.both else f"from {self.service} to"
        return f"partition {way} {self.other} for {self.lasts:g}s (packets dropped by address)"

    def inject(self, target: Target) -> Sequence[Evidence]:
        """Look the other's addresses up, and order the harm."""
        platform = cast("Network", target.platform)
        others: list[Json] = [[address.ip, address.port] for address in platform.addresses(self.other)]
        return platform.harm(self.harm, target.instances, lasts=self.lasts, both=self.both, addresses=others)
