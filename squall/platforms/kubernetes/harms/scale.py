"""A workload is told to keep another number of pods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import REPLICASETS, WORKLOADS
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.workloads import replicas, scaler


@does("Scale", "to set how many pods a workload keeps", marks=(*WORKLOADS, *REPLICASETS))
@dataclass(frozen=True, slots=True)
class ScaleHarm(FieldHarm):
    """A service's workload is scaled; the effect is that its controller has seen it and keeps just so many pods."""

    service: str
    count: int
    # A controller that is busy with a rollout takes its time.
    within: ClassVar[float] = 20.0

    def places(self) -> Sequence[ObjectRef]:
        return [self.context.workloads.place(self.service)]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        if replicas(found) == self.count:
            raise InjectionFailed(f"scaling {place}: it is at {self.count} already")
        return {"/spec/replicas": self.count}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Compare generations, and the pods that the controller counts."""
        now = self.context.api.get(place.path)
        status, generation = now.get("status") or {}, int(written["metadata"]["generation"])
        if int(status.get("observedGeneration") or 0) < generation or int(status.get("replicas") or 0) != self.count:
            return ""
        return f"{place} has {self.count} pods (generation {generation} was observed)"

    def warnings(self) -> Sequence[str]:
        """Return also the autoscaler that governs it."""
        there = self.context.api.items(within(self.context.namespace, "horizontalpodautoscaler"))
        own = [f"{place} is scaled by the autoscaler {each['metadata']['name']}, which may change the count"
               for place in self.places() for each in there if scaler(each) == (place.kind, place.name)]  # fmt: skip
        return [*FieldHarm.warnings(self), *own]
