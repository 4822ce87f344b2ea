"""The rights that squall needs in a cluster, as data: what each part of a run, and each capability, asks of the API.

A grant is one role. What a fault needs is its capability's grant, or that of the harm to objects that carries it out,
whose file says it: it is printed by ``squall rbac``, shown by ``squall plan``, and asked of the API server before
anything is harmed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from squall.platforms.capability import (
    CountsCalls,
    Deletes,
    DeletesByForce,
    Gauges,
    Host,
    Network,
    Platform,
    Releases,
    Stores,
)
from squall.platforms.kubernetes.api.labels import OURS


class RightScope(StrEnum):
    """Where a right counts: in the system's namespace, in squall's own (where agents run), or in the whole cluster."""

    SYSTEM = "system"
    AGENTS = "agents"
    CLUSTER = "cluster"


# Names that are known only with the system: of the workload and the Service that stand for the harmed service, and of
# the Secrets that stores are logged in to with. A right on the Secrets of a system that names none is no right.
WORKLOAD, SERVICE, NAMESPACE, SECRET = "{workload}", "{service}", "{namespace}", "{secret}"

# Where these are asked for the API server knows no name: a rule with names would grant nothing.
NAMELESS = {"create", "list", "watch"}


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource (``pods``, ``pods/exec``); ``names`` restrict it to some objects (none: all).

    A name may be ``WORKLOAD``, ``SERVICE``, ``NAMESPACE`` or ``SECRET``; what is ``NAMELESS`` is not restricted by it.
    """

    group: str
    resource: str
    verb: str
    scope: RightScope = RightScope.SYSTEM
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights that are given together, as a role of their own: what for, and which.

    ``expires`` are those of them by which who ends a dead run's harms in the cluster takes this back; none: it is none
    that can be taken back so.
    """

    name: str
    about: str
    rights: tuple[Right, ...]
    expires: tuple[Right, ...] = ()


def rights(group: str, resources: Sequence[str], verbs: Sequence[str], scope: RightScope = RightScope.SYSTEM,
           names: tuple[str, ...] = ()) -> tuple[Right, ...]:  # fmt: skip
    """Return a right for each verb on each resource."""
    return tuple(Right(group, resource, verb, scope, names) for resource in resources for verb in verbs)


PLAN = Grant("plan", "to plan, to watch, and to compare before and after", (
    *rights("", ("nodes",), ("list",), RightScope.CLUSTER),
    *rights("", ("namespaces",), ("get",), RightScope.CLUSTER, ("kube-system", NAMESPACE, OURS)),
    *rights("", ("pods", "events"), ("list", "watch")),
    *rights("", ("services", "configmaps"), ("list",)),
    *rights("apps", ("deployments", "statefulsets"), ("get", "list", "watch")),
    *rights("discovery.k8s.io", ("endpointslices",), ("list", "watch")),
    *rights("autoscaling", ("horizontalpodautoscalers",), ("list",)),
    *rights("", ("pods", "services"), ("list",), RightScope.AGENTS),
    *rights("", ("configmaps",), ("get", "list"), RightScope.AGENTS),
    *rights("apps", ("deployments",), ("list",), RightScope.AGENTS),
))  # fmt: skip

OWN = Grant("own", "to hold the lease, so that two runs cannot harm one system", (
    *rights("coordination.k8s.io", ("leases",), ("create",)),
    *rights("coordination.k8s.io", ("leases",), ("get", "update"), names=("squall",)),
))  # fmt: skip

TELL = Grant("tell", "to say in an Event about each pod that it is harmed on purpose", (
    *rights("events.k8s.io", ("events",), ("create",)),
))  # fmt: skip

EXPIRY = Grant("expiry", "to put a pod beside a harm in the API that ends it if nobody else does", (
    *rights("", ("pods",), ("create", "get", "delete"), RightScope.AGENTS),
    *rights("", ("serviceaccounts",), ("get",), RightScope.AGENTS, ("squall-expiry",)),
))  # fmt: skip

# Objects that more than one harm marks, to read and to change: a Deployment's mark is copied to its ReplicaSets.
WORKLOADS = rights("apps", ("deployments", "statefulsets"), ("get", "patch"), names=(WORKLOAD,))
DEPLOYMENT = rights("apps", ("deployments",), ("get", "patch"), names=(WORKLOAD,))
REPLICASETS = rights("apps", ("replicasets",), ("list", "patch"))
AUTOSCALERS = rights("autoscaling", ("horizontalpodautoscalers",), ("get", "patch"))
SERVICES = rights("", ("services",), ("get", "patch"), names=(SERVICE,))
NODES_MARKED = rights("", ("nodes",), ("get", "patch"), RightScope.CLUSTER)


def expiring(grants: Sequence[Grant]) -> Grant:
    """Return what the account of the expiry's pod needs, to take back what a run with these grants can leave."""
    lease = rights("coordination.k8s.io", ("leases",), ("get",), names=("squall",))
    rest = dict.fromkeys(right for grant in grants for right in grant.expires)
    return Grant(
        "expires", "to take back, in the objects that may be harmed, what a run has left there", (*lease, *rest)
    )


# A deployment from a folder needs more: what is in the folder (see ``deploying``).
FRESH = Grant("fresh", "to replace pods that were restarted before a scenario", rights("", ("pods",), ("delete",)))

_AGENTS = Grant("agents", "to put an agent on the node of each target, which is root there", (
    *rights("", ("pods",), ("create", "get", "delete"), RightScope.AGENTS),
    # At which ports the kubelet asks the targets.
    *rights("", ("pods",), ("get",)),
    # kubectl gets on without get, after an attempt that is refused.
    *rights("", ("pods/exec",), ("create", "get"), RightScope.AGENTS),
    *rights("", ("pods/log",), ("get",), RightScope.AGENTS),
))  # fmt: skip

_DELETES = rights("", ("pods",), ("get", "delete"))
_STORES = Grant("stores", "to reach databases and caches by a port-forward, and to read their passwords", (
    *rights("", ("services", "pods"), ("get",)),
    # As for exec, kubectl gets on without get.
    *rights("", ("pods/portforward",), ("create", "get")),
    *rights("", ("secrets",), ("get",), names=(SECRET,)),
))  # fmt: skip

OF: Mapping[type, Grant] = {
    Platform: Grant("nothing", "to harm nothing", ()),
    Host: _AGENTS,
    CountsCalls: _AGENTS,
    # Whom packets go to is read with the rights of the plan.
    Network: _AGENTS,
    Gauges: Grant("gauges", "to read the gauges that the system file names", rights("", ("pods/proxy",), ("get",))),
    # The releaser has rights of its own, which are the team's to know.
    Releases: Grant("releases", "to read the versions of a deployment, and to put one back", (
        *rights("apps", ("deployments", "replicasets"), ("get", "list")),
        *rights("apps", ("deployments",), ("patch",), names=(WORKLOAD,)),
        # What becomes of the first pod of the version is read until its node has said it.
        *rights("", ("pods",), ("get",)),
    ), (*DEPLOYMENT, *rights("apps", ("replicasets",), ("list",)))),
    Deletes: Grant("deletes", "to delete pods", _DELETES),
    DeletesByForce: Grant("deletes-by-force", "to delete pods", _DELETES),
    Stores: _STORES,
}  # fmt: skip


def parts(capability: type) -> list[type]:
    """Return the capabilities whose rights are written down that a capability consists of: itself, or several."""
    if capability in OF:
        return [capability]
    return [base for base in capability.__mro__ if base in OF and base is not Platform]


# Kinds of manifests whose resource is not simply their name with an s; all other groups are read from apiVersion.
_PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "IngressClass": "ingressclasses",
            "PriorityClass": "priorityclasses", "StorageClass": "storageclasses", "Endpoints": "endpoints"}  # fmt: skip


def deploying(kinds: Sequence[tuple[str, str]]) -> Grant:
    """Return what applying manifests needs; ``kinds`` are apiVersion and kind of each object but the namespace."""
    found = [right for version, kind in sorted(set(kinds))
             for right in rights(version.rpartition("/")[0], (plural(kind),), ("get", "create", "patch"))]  # fmt: skip
    return Grant("deploy", "to apply the system's manifests", (*found, *FRESH.rights))


def plural(kind: str) -> str:
    """Return the resource of a kind: ``deployments`` of ``Deployment``."""
    return _PLURALS.get(kind, f"{kind.lower()}s")
