"""A Service selects nobody: its selector does not match any pod."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.instances import Evidence
from squall.platforms.kubernetes.access.rights import SERVICES
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does

NOBODY = "squall-selects-nobody"


@does("Misdirect", "to change a Service's selector", marks=SERVICES)
@dataclass(frozen=True, slots=True)
class MisdirectHarm(FieldHarm):
    """One label of a Service's selector gets a value that no pod has; the effect is that no endpoint is ready."""

    service: str

    def places(self) -> Sequence[ObjectRef]:
        return [self.context.workloads.service(self.service)]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Change the first label; a Service that has nobody to lose is refused."""
        if not (selector := found["spec"].get("selector")):
            raise InjectionFailed(f"misdirecting {place}: it has no selector, so others keep its endpoints")
        if not self.context.workloads.behind(place):
            raise InjectionFailed(f"misdirecting {place}: no endpoint of it is ready as it is")
        label = min(selector).replace("~", "~0").replace("/", "~1")
        return {f"/spec/selector/{label}": NOBODY}

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Do it; all pods of the service are affected, for no new connection leads to them."""
        cut_off = tuple(self.context.workloads.incarnation(pod) for pod in self.context.workloads.pods_of(self.service))
        return [replace(proof, instances=cut_off) for proof in FieldHarm.harm(self, run, lasts)]

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Look for an endpoint that is ready."""
        return "" if self.context.workloads.behind(place) else f"no endpoint of {place} is ready"
