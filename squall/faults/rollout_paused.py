"""``the rollout of "api" is paused for 30s``: what is changed of it does not come out."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class RolloutPaused(ByApi):
    """The rollout of a Deployment is paused for a time, as by somebody who means to go on with it later.

    The effect is the controller's own word for it (DeploymentPaused). Pods run on, and are replaced by the same; no
    change of the Deployment comes out until it is over. One that is paused as it is, is not harmed.
    """

    impact: ClassVar[Impact] = Impact.NOBODY

    def describe(self) -> str:
        return f"the rollout of {self.service} paused{self.until()}"
