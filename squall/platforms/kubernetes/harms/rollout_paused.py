"""A Deployment's rollout is paused: what is changed of it meanwhile does not come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import DEPLOYMENT, REPLICASETS
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does

PAUSED = "DeploymentPaused"


@does("RolloutPaused", "to pause a Deployment's rollout", marks=(*DEPLOYMENT, *REPLICASETS))
@dataclass(frozen=True, slots=True)
class RolloutPausedHarm(FieldHarm):
    """``paused`` is set; the effect is the controller's own word for it, in the condition Progressing."""

    service: str

    def __post_init__(self) -> None:
        self.context.workloads.deployment(self.service)

    def places(self) -> Sequence[ObjectRef]:
        return [self.context.workloads.deployment(self.service)]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Pause it; one that is paused as it is, is refused."""
        if found["spec"].get("paused"):
            raise InjectionFailed(f"pausing the rollout of {place}: it is paused already")
        return {"/spec/paused": True}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Look for the controller's word."""
        conditions = (self.context.api.get(place.path).get("status") or {}).get("conditions") or ()
        paused = any(each["type"] == "Progressing" and each.get("reason") == PAUSED for each in conditions)
        return f"{place} is paused, as its controller says ({PAUSED})" if paused else ""
