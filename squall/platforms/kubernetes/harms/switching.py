"""A Service is switched to the pods of another workload, as in a blue-green release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.client import Object
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.place import Place


@dataclass(frozen=True, slots=True)
class Switching(FieldHarm):
    """The selector of a service's door becomes that of the workload ``to``; the effect is who is behind the door."""

    service: str
    to: str

    def places(self) -> Sequence[Place]:
        """Return the Service."""
        return [self.ground.workloads.door(self.service)]

    def wrote(self, place: Place, found: Object) -> Mapping[str, Json]:
        """Set each label; a Service that selects those pods as it is, or has no selector, is refused."""
        before, after = found["spec"].get("selector"), self.ground.workloads.selector(self.to)
        if not before:
            raise InjectionFailed(f"switching {place}: it has no selector, so others keep its endpoints")
        if before == after:
            raise InjectionFailed(f'switching {place}: it selects the pods of "{self.to}" as it is')
        labels = dict.fromkeys([*before, *after])
        return {f"/spec/selector/{_escaped(label)}": after.get(label) for label in labels}

    def seen(self, place: Place, written: Object) -> str:
        """Compare who is ready behind the door with whose pods they are to be."""
        theirs = {str(pod["metadata"]["name"]) for pod in self.ground.workloads.pods_of(self.to)}
        behind = self.ground.workloads.behind(place)
        if not set(behind) <= theirs:
            return ""
        return f"behind {place} are {', '.join(behind) or 'none that are ready'}, of {self.to}"


def _escaped(label: str) -> str:
    return label.replace("~", "~0").replace("/", "~1")
