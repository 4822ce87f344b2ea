"""A configuration is put in place: keys of the ConfigMap that a workload reads, and a restart of its pods by turns.

Pods read most of it when they start. So the restart is part of the harm, and of its way back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.instances import Ending
from squall.platforms.kubernetes.access.rights import REPLICASETS, WORKLOADS, rights
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.harms.restart import anew, started_anew
from squall.platforms.kubernetes.objects.pods import ready, trouble
from squall.platforms.kubernetes.objects.references import reads
from squall.safety.undo_log import Undo


@does(
    "Configuration", "to change keys of the ConfigMap that a workload reads, and to restart its pods",
    marks=(*rights("", ("configmaps",), ("get", "patch")), *WORKLOADS, *REPLICASETS),
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class ConfigurationHarm(FieldHarm):
    """The values that system.yaml has under a name; the effect is a pod that was started with them."""

    service: str
    configuration: str
    # The controller makes the pod, and a node takes it.
    within: ClassVar[float] = 30.0

    def __post_init__(self) -> None:
        self._values()

    def places(self) -> Sequence[ObjectRef]:
        """Return the ConfigMap, then the workload."""
        workload = self.context.workloads.place(self.service)
        return [self._config_map(workload), workload]

    def undo(self, run: str) -> Sequence[Undo]:
        """Return the entries; replayed, the configuration is back before the first pod starts anew."""
        return list(reversed(FieldHarm.undo(self, run)))

    def end(self, run: str) -> Sequence[Ending]:
        """Take it back, the configuration first."""
        return [self._ended(place, run) for place in self.places()]

    def harmed(self, place: ObjectRef) -> tuple[str, ...]:
        """Return the pods that are to be replaced."""
        return () if place.kind == "configmap" else self.context.workloads.incarnations_of(self.service)

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Set the keys, or the label."""
        if place.kind == "configmap":
            return {f"/data/{key.replace('~', '~0').replace('/', '~1')}": text for key, text in self._values().items()}
        return anew()

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Read the keys back; look for a pod with the label, whose containers have begun or cannot."""
        if place.kind == "configmap":
            return f"{place} has the changed {', '.join(self._values())}"
        for pod in started_anew(self.context.workloads.pods_of(self.service), written):
            how = "it is ready" if ready(pod) else f"it is not ready: {trouble(pod)}"
            return f"the pod {pod['metadata']['name']} of {place} was started with it; {how}"
        return ""

    def _values(self) -> Mapping[str, str]:
        """Return the values by key. Raises Misuse: the system file names no such configuration."""
        return self.context.workloads.configuration(self.service, self.configuration)

    def _config_map(self, workload: ObjectRef) -> ObjectRef:
        """Return the one that the workload reads and that has all keys. Raises InjectionFailed."""
        found = self.context.api.find(workload.path)
        names = reads(found["spec"]["template"], "configmap") if found is not None else ()
        places = [ObjectRef("configmap", name, workload.namespace) for name in names]
        has = [p for p in places if self._values().keys() <= self._data(p).keys()]
        if len(has) != 1:
            keys, there = ", ".join(self._values()), ", ".join(names) or "no ConfigMap"
            raise InjectionFailed(
                f"configuring {workload}: {len(has)} of the ConfigMaps that it reads have {keys} (it reads {there})"
            )
        return has[0]

    def _data(self, place: ObjectRef) -> Mapping[str, object]:
        return (self.context.api.find(place.path) or {}).get("data") or {}
