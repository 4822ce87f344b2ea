"""A Deployment is given the version before its current one, as ``kubectl rollout undo`` does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.agent.expiry.versions import DeploymentVersion, plain
from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import DEPLOYMENT, REPLICASETS
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.objects.pods import ready, stays, trouble
from squall.platforms.kubernetes.objects.versions import version_of, versions


@does("Rollback", "to give a Deployment the version before", marks=(*DEPLOYMENT, *REPLICASETS))
@dataclass(frozen=True, slots=True)
class RollbackHarm(FieldHarm):
    """The template of the version before is written; the effect is a pod of it, where there was none."""

    service: str
    # The controller makes the pod, and a node takes it.
    within: ClassVar[float] = 30.0

    def __post_init__(self) -> None:
        self.context.workloads.deployment(self.service)

    def places(self) -> Sequence[ObjectRef]:
        return [self.context.workloads.deployment(self.service)]

    def harmed(self, place: ObjectRef) -> tuple[str, ...]:
        """Return the pods that are to be replaced."""
        return self.context.workloads.incarnations_of(self.service)

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Write the template; a Deployment that has had but one version is refused."""
        known = versions(self.context.api, place.namespace, found)
        # The version that it is told to run is known by its template: numbers come later, with the controller.
        others = [each for each in known if plain(each) != found["spec"]["template"]]
        if len(others) == len(known):
            raise InjectionFailed(f"undoing the last release of {place}: what it is told to run is not out yet")
        if not others:
            raise InjectionFailed(f"undoing the last release of {place}: it has had no other version")
        if self._pod(others[0]) is not None:
            raise InjectionFailed(f"undoing the last release of {place}: a pod of the version before is there as it is")
        return {"/spec/template": plain(others[0])}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Look for a pod of the version whose template was written."""
        for version in versions(self.context.api, place.namespace, written):
            if plain(version) == written["spec"]["template"] and (pod := self._pod(version)) is not None:
                state = "ready" if ready(pod) else trouble(pod)
                return f"a pod of version {version.hash} of {place} is there ({state})"
        return ""

    def _pod(self, version: DeploymentVersion) -> Object | None:
        """Return a pod of a version; one that is on its way out is none."""
        pods = self.context.workloads.pods_of(self.service)
        return next((pod for pod in pods if version_of(pod) == version.hash and stays(pod)), None)
