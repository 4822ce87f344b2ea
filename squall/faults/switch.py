"""``"api" is switched to "green" for 30s``: its Kubernetes Service leads to others."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class Switch(ByApi):
    """A service's Kubernetes Service is switched to the instances of another service, as in a blue-green release.

    ``other`` names it as system.yaml does; whether green is any good is its own affair. The effect is that all who are
    behind the Service are green's; of a bad green none may be ready. A Service that selects them already is not harmed,
    nor is one that would lead to nobody.
    """

    other: str = ""
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"{self.service} switched to {self.other}{self.until()}"
