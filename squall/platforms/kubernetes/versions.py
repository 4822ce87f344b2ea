"""The versions of a Deployment: its ReplicaSets, told apart by the hash of the pods' template. Only reads."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from squall.errors import Misuse
from squall.platforms.kubernetes.client import Api, Object
from squall.platforms.kubernetes.paths import within

HASH = "pod-template-hash"
# StatefulSets and DaemonSets name theirs otherwise.
LABELS = (HASH, "controller-revision-hash")
REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class Version:
    """One version: the hash that its pods bear, the number that the Deployment gave it last, and its template."""

    hash: str
    number: int
    template: Object


def plain(version: Version) -> dict[str, Any]:
    """Return the template of a version as its Deployment has it: without the hash that the controller adds."""
    template = copy.deepcopy(dict(version.template))
    template["metadata"]["labels"].pop(HASH, None)
    return template


def version_of(pod: Object) -> str:
    """Return which version of its workload a pod is; an empty text if it does not say so."""
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    return next((labels[label] for label in LABELS if label in labels), "")


def versions(api: Api, namespace: str, deployment: Object) -> Sequence[Version]:
    """Return the versions of a Deployment that the cluster still knows, the current one first."""
    uid = deployment["metadata"]["uid"]
    owned = [each for each in api.items(within(namespace, "replicaset")) if uid in _owners(each)]
    return sorted((_version(each) for each in owned), key=lambda version: -version.number)


def current(api: Api, namespace: str, name: str) -> Version:
    """Return the version that a Deployment is told to run.

    Raises:
        Misuse: there is no such Deployment, or its controller has made nothing of it yet.
    """
    found = api.find(within(namespace, "deployment", name))
    if found is None or not (known := versions(api, namespace, found)):
        raise Misuse(f"there is no deployment/{name} with a version in the namespace {namespace}")
    return known[0]


def _version(replicaset: Object) -> Version:
    meta = replicaset["metadata"]
    number = int((meta.get("annotations") or {}).get(REVISION) or 0)
    return Version(str((meta.get("labels") or {}).get(HASH)), number, replicaset["spec"]["template"])


def _owners(replicaset: Object) -> set[str]:
    return {str(owner["uid"]) for owner in replicaset["metadata"].get("ownerReferences") or ()}
