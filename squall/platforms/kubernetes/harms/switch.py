"""A Service is switched to the pods of another workload, as in a blue-green release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import SERVICES
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.pods import stays


@does("Switch", "to change a Service's selector", marks=SERVICES)
@dataclass(frozen=True, slots=True)
class SwitchHarm(FieldHarm):
    """The selector of a Service becomes that of the workload of ``other``; the effect is who is behind the Service."""

    service: str
    other: str

    def __post_init__(self) -> None:
        self.context.workloads.place(self.other)

    def places(self) -> Sequence[ObjectRef]:
        return [self.context.workloads.service(self.service)]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Set each label; what is switched so already, has no selector, or would lead to nobody, is refused."""
        before, after = found["spec"].get("selector"), self.context.workloads.selector(self.other)
        if not before:
            raise InjectionFailed(f"switching {place}: it has no selector, so others keep its endpoints")
        if before == after:
            raise InjectionFailed(f'switching {place}: it selects the pods of "{self.other}" as it is')
        if not self._theirs():
            raise InjectionFailed(f'switching {place}: there is no pod of "{self.other}" to switch to')
        labels = [label for label in dict.fromkeys([*before, *after]) if before.get(label) != after.get(label)]
        return {f"/spec/selector/{_escaped(label)}": after.get(label) for label in labels}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Compare who is behind the Service, ready or not, with whose pods they are to be."""
        theirs, endpoints = self._theirs(), self.context.workloads.endpoints(place)
        # Between the old ones and the new ones there are none: that is no switch yet.
        if not endpoints or not endpoints.keys() <= theirs:
            return ""
        able = sum(endpoints.values())
        return f"behind {place} are {', '.join(sorted(endpoints))}, of {self.other}; {able} of them ready"

    def _theirs(self) -> set[str]:
        return {str(pod["metadata"]["name"]) for pod in self.context.workloads.pods_of(self.other) if stays(pod)}


def _escaped(label: str) -> str:
    return label.replace("~", "~0").replace("/", "~1")
