"""``the autoscaler of "api" is pinned for 60s``: it can no longer follow the load."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class Pin(ByApi):
    """The bounds of a service's autoscaler are both set to the count that it has now, and set back.

    The effect is the bounds, read back. A service without an autoscaler is not harmed.
    """

    impact: ClassVar[Impact] = Impact.NOBODY

    def describe(self) -> str:
        return f"the autoscaler of {self.service} pinned{self.until()}"
