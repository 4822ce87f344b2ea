"""``"api" is scaled to 8 for 60s``: its workload is told to keep another number of instances."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class Scale(ByApi):
    """A service is scaled to ``count`` instances, and back to what it had.

    The effect is that the workload's controller has seen it and keeps just so many. Where an autoscaler governs the
    service its bounds are set, and set back; how soon it then scales down is its own affair. A count is set back only
    if nobody has changed it meanwhile. A service that is at the count is not harmed.
    A queue's consumers are stopped by a scale to 0.
    """

    count: int = 0
    impact: ClassVar[Impact] = Impact.REPLICAS

    def describe(self) -> str:
        return f"{self.service} scaled to {self.count}{self.until()}"
