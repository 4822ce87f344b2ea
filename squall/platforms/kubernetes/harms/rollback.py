"""A Deployment is given the version before its current one, as ``kubectl rollout undo`` does."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.client import Object
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.paths import within
from squall.platforms.kubernetes.place import Place
from squall.platforms.kubernetes.pods import trouble
from squall.platforms.kubernetes.versions import HASH, current, version_of, versions


@dataclass(frozen=True, slots=True)
class RollingBack(FieldHarm):
    """The template of the version before is written; the effect is a pod of it."""

    deployment: Place
    # The controller makes the pod, and a node takes it.
    within: ClassVar[float] = 30.0

    def places(self) -> Sequence[Place]:
        """Return the Deployment."""
        return [self.deployment]

    def wrote(self, place: Place, found: Object) -> Mapping[str, Json]:
        """Write the template; a Deployment that has had but one version is refused."""
        _, *before = versions(self.ground.api, place.namespace, found)
        if not before:
            raise InjectionFailed(f"undoing the last release of {place}: it has had no other version")
        template = copy.deepcopy(dict(before[0].template))
        template["metadata"]["labels"].pop(HASH, None)
        return {"/spec/template": template}

    def seen(self, place: Place, written: Object) -> str:
        """Look for a pod of the version that is current now, once the controller has seen the write."""
        now = self.ground.api.get(place.path)
        if int((now.get("status") or {}).get("observedGeneration") or 0) < int(written["metadata"]["generation"]):
            return ""
        version = current(self.ground.api, place.namespace, place.name)
        for pod in self.ground.api.items(within(place.namespace, "pod")):
            if version_of(pod) == version.hash:
                return f"a pod of version {version.hash} of {place} is there ({trouble(pod)})"
        return ""
