"""An autoscaler is pinned: its least and its most are what its workload has now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import AUTOSCALERS, WORKLOAD, rights
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.workloads import replicas


@does(
    "Pin", "to set the bounds of autoscalers",
    marks=AUTOSCALERS,
    besides=rights("apps", ("deployments", "statefulsets"), ("get",), names=(WORKLOAD,)),
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class PinHarm(FieldHarm):
    """The autoscaler of a service may keep one count only; the effect is that both its bounds say so, read back."""

    service: str

    def places(self) -> Sequence[ObjectRef]:
        """Return the autoscaler of the service's workload.

        Raises:
            InjectionFailed: it has none.
        """
        if (autoscaler := self.context.workloads.autoscaler(self.service)) is not None:
            return [autoscaler]
        place = self.context.workloads.place(self.service)
        raise InjectionFailed(f"pinning the autoscaler of {place}: it has none")

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Set both bounds to the count that there is."""
        count = replicas(self.context.workloads.read(self.service))
        if not count:
            raise InjectionFailed(f"pinning {place}: its workload is at 0, where no autoscaler does anything")
        return {"/spec/minReplicas": count, "/spec/maxReplicas": count}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Compare the bounds as the server keeps them."""
        spec = self.context.api.get(place.path)["spec"]
        if spec.get("minReplicas") != spec["maxReplicas"]:
            return ""
        return f"{place} may keep {spec['maxReplicas']} pods, no fewer and no more"
