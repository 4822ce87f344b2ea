"""``the selector of "api" matches nobody for 20s``: its Kubernetes Service leads nowhere."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class Misdirect(ByApi):
    """The selector of a Kubernetes Service is changed so that it matches no instance, as by a misspelled label.

    The effect is that no endpoint of it is ready. The instances themselves run on, and stay ready. A Service without
    a selector, or without a ready endpoint, is not harmed.
    """

    keeps_callers_away: ClassVar[bool] = True
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"the selector of {self.service} matches nobody{self.until()}"
