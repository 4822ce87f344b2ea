"""Which versions of a Deployment there are in a cluster, and which one a pod is of. Only reads."""

from collections.abc import Mapping, Sequence

from squall.agent.expiry.versions import HASH, DeploymentVersion
from squall.agent.expiry.versions import versions as among
from squall.errors import Misuse
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.paths import within

# StatefulSets and DaemonSets name theirs otherwise.
LABELS = (HASH, "controller-revision-hash")


def version_of(pod: Object) -> str:
    """Return which version of its workload a pod is; an empty text if it does not say so."""
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    return next((labels[label] for label in LABELS if label in labels), "")


def versions(api: Api, namespace: str, deployment: Object) -> Sequence[DeploymentVersion]:
    """Return the versions of a Deployment that the cluster still knows, the current one first."""
    return among(deployment, api.items(within(namespace, "replicaset")))


def current(api: Api, namespace: str, name: str) -> DeploymentVersion:
    """Return the version that a Deployment is told to run.

    Raises:
        Misuse: there is no such Deployment, or its controller has made nothing of it yet.
    """
    found = api.find(within(namespace, "deployment", name))
    if found is None or not (known := versions(api, namespace, found)):
        raise Misuse(f"there is no deployment/{name} with a version in the namespace {namespace}")
    return known[0]
