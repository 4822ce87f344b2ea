"""A workload is told to keep another number of pods, or its autoscaler is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import AUTOSCALERS, REPLICASETS, WORKLOADS
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.workloads import replicas


@does("Scale", "to set how many pods a workload keeps", marks=(*WORKLOADS, *REPLICASETS, *AUTOSCALERS))
@dataclass(frozen=True, slots=True)
class ScaleHarm(FieldHarm):
    """A service's workload is scaled; the effect is that its controller has seen it and keeps just so many pods.

    Where an autoscaler governs it, both bounds of that are set, as whoever scales by hand has to: it would take a
    count that was written to the workload back at its next look. At 0 it does nothing, so that is written itself.
    """

    service: str
    count: int
    # A controller that is busy with a rollout takes its time, and an autoscaler looks every 15 s.
    within: ClassVar[float] = 40.0

    def places(self) -> Sequence[ObjectRef]:
        autoscaler = self.context.workloads.autoscaler(self.service) if self.count else None
        return [autoscaler or self.context.workloads.place(self.service)]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        workloads = self.context.workloads
        if replicas(workloads.read(self.service)) == self.count:
            raise InjectionFailed(f"scaling {workloads.place(self.service)}: it is at {self.count} already")
        if place == workloads.place(self.service):
            return {"/spec/replicas": self.count}
        return {"/spec/minReplicas": self.count, "/spec/maxReplicas": self.count}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Compare generations, and the pods that the workload's controller counts."""
        workload = self.context.workloads.place(self.service)
        now = self.context.api.get(workload.path)
        status, itself = now.get("status") or {}, place == workload
        generation = int((written if itself else now)["metadata"]["generation"])
        if int(status.get("observedGeneration") or 0) < generation or int(status.get("replicas") or 0) != self.count:
            return ""
        by = "" if itself else f", by {place}"
        return f"{workload} has {self.count} pods{by} (generation {generation} was observed)"
