"""``everything is down for 20s``: a complete outage, and the restoration in order."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact, Reach


@dataclass(frozen=True, slots=True)
class Outage(ByApi):
    """All services of the system are taken down, and brought back tier by tier, each ready before the next.

    The order is that of ``restore_order`` in system.yaml; what is not named there comes last. The effect is that no
    workload keeps an instance. A tier that is not ready in two minutes does not keep the next from being brought back.
    """

    reaches: ClassVar[Reach] = Reach.SYSTEM
    impact: ClassVar[Impact] = Impact.REPLICAS

    def describe(self) -> str:
        return f"everything down{self.until()}"
