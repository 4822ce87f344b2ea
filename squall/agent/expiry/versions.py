"""The versions of a Deployment: its ReplicaSets, told apart by the hash of the pods' template; the way back. Pure."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from squall.agent.expiry.marks import Object, test

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class DeploymentVersion:
    """One version: the hash that its pods bear, the number that the Deployment gave it last, and its template."""

    hash: str
    number: int
    template: Object


@dataclass(frozen=True, slots=True)
class Before:
    """The version that a Deployment had before a release: its hash (empty: it was not there) and number.

    ``uid`` is the Deployment's; empty in what was written down before that was.
    """

    hash: str
    number: int
    uid: str = ""

    def of(self, deployment: Object) -> bool:
        """Say whether it is the same Deployment, and not one that was made anew under its name."""
        return self.uid in {"", deployment["metadata"]["uid"]}

    def released(self, known: Sequence[DeploymentVersion]) -> bool:
        """Say whether what it has now, of the versions known (the current one first), is that one release's."""
        return bool(known) and bool(self.hash) and known[0].hash != self.hash and known[0].number == self.number + 1


def versions(deployment: Object, replicasets: Iterable[Object]) -> list[DeploymentVersion]:
    """Return the versions of a Deployment among all ReplicaSets of its namespace, the current one first."""
    uid = deployment["metadata"]["uid"]
    return sorted((_version(each) for each in replicasets if uid in _owners(each)), key=lambda each: -each.number)


def plain(version: DeploymentVersion) -> dict[str, Any]:
    """Return the template of a version as its Deployment has it: without the hash that the controller adds."""
    template = copy.deepcopy(dict(version.template))
    template["metadata"]["labels"].pop(HASH, None)
    return template


def came_out(templates: Iterable[object], known: Sequence[DeploymentVersion]) -> bool:
    """Say whether each template is that of a version which the Deployment has had, and not somebody's own."""
    had = [plain(version) for version in known]
    return all(template in had for template in templates)


def putting_back(deployment: Object, version: DeploymentVersion) -> list[Object]:
    """Return the patch that gives a version's template back, if nobody has changed the Deployment since it was read."""
    return [
        test("/metadata/generation", deployment["metadata"]["generation"]),
        {"op": "replace", "path": "/spec/template", "value": plain(version)},
    ]


def _version(replicaset: Object) -> DeploymentVersion:
    meta = replicaset["metadata"]
    annotations: Mapping[str, str] = meta.get("annotations") or {}
    number = int(annotations.get(REVISION) or 0)
    return DeploymentVersion(str((meta.get("labels") or {}).get(HASH)), number, replicaset["spec"]["template"])


def _owners(replicaset: Object) -> set[str]:
    return {str(owner["uid"]) for owner in replicaset["metadata"].get("ownerReferences") or ()}
