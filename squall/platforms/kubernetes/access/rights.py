"""The rights that squall needs in a cluster, as data: what each part of a run, and each capability, asks of the API.

A grant is one role. What a fault needs is its capability's grant: a capability that is added here is printed by
``squall rbac``, shown by ``squall plan``, and asked of the API server before anything is harmed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from squall.platforms.capability import (
    Deletes,
    DeletesByForce,
    Gauges,
    Host,
    Network,
    Platform,
    Releases,
    Stores,
    WatchesDoors,
)
from squall.platforms.kubernetes.api.labels import OURS
from squall.platforms.object_harms import (
    Autoscales,
    Configures,
    ControlPlane,
    Cordons,
    Drains,
    Fells,
    Machines,
    Rollouts,
    Rotates,
    Scales,
    ServiceHarms,
)  # fmt: skip


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
    """Rights that are given together, as a role of their own: what for, and which."""

    name: str
    about: str
    rights: tuple[Right, ...]


def rights(group: str, resources: Sequence[str], verbs: Sequence[str], scope: RightScope = RightScope.SYSTEM,
           names: tuple[str, ...] = ()) -> tuple[Right, ...]:  # fmt: skip
    """Return a right for each verb on each resource."""
    return tuple(Right(group, resource, verb, scope, names) for resource in resources for verb in verbs)


PLAN = Grant("plan", "to plan, to watch, and to compare before and after", (
    *rights("", ("nodes",), ("list",), RightScope.CLUSTER),
    *rights("", ("namespaces",), ("get",), RightScope.CLUSTER, ("kube-system", NAMESPACE, OURS)),
    *rights("", ("pods", "events"), ("list", "watch")),
    *rights("", ("services", "configmaps"), ("list",)),
    *rights("apps", ("deployments", "statefulsets"), ("get", "list")),
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

# What that pod's own account needs, and nothing else.
EXPIRES = Grant("expires", "to take back, in the objects that may be harmed, what a run has left there", (
    *rights("", ("nodes",), ("get", "patch"), RightScope.CLUSTER),
    *rights("", ("services",), ("get", "patch"), names=(SERVICE,)),
    *rights("", ("configmaps",), ("get", "patch")),
    *rights("apps", ("deployments", "statefulsets"), ("get", "patch"), names=(WORKLOAD,)),
    *rights("apps", ("replicasets",), ("list", "patch")),
    *rights("autoscaling", ("horizontalpodautoscalers",), ("get", "patch")),
    *rights("coordination.k8s.io", ("leases",), ("get",), names=("squall",)),
))  # fmt: skip

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
    WatchesDoors: _AGENTS,
    # Whom packets go to is read with the rights of the plan.
    Network: _AGENTS,
    Gauges: Grant("gauges", "to read the gauges that the system file names", rights("", ("pods/proxy",), ("get",))),
    # The releaser has rights of its own, which are the team's to know.
    Releases: Grant("releases", "to read the versions of a deployment, and to put one back", (
        *rights("apps", ("deployments", "replicasets"), ("get", "list")),
        *rights("apps", ("deployments",), ("patch",), names=(WORKLOAD,)),
        # What becomes of the first pod of the version is read until its node has said it.
        *rights("", ("pods",), ("get",)),
    )),
    Deletes: Grant("deletes", "to delete pods", _DELETES),
    DeletesByForce: Grant("deletes-by-force", "to delete pods", _DELETES),
    Cordons: Grant("cordons", "to cordon nodes, and to ask for one with a pod that is refused", (
        *rights("", ("nodes",), ("get", "patch"), RightScope.CLUSTER),
        *rights("", ("pods",), ("create", "get", "delete"), RightScope.AGENTS),
    )),
    Drains: Grant("drains", "to cordon nodes, and to evict the system's pods from them", (
        *rights("", ("nodes",), ("get", "patch"), RightScope.CLUSTER),
        *rights("", ("pods",), ("list",), RightScope.CLUSTER),
        *rights("", ("pods/eviction",), ("create",)),
        *rights("", ("pods",), ("create", "get", "delete"), RightScope.AGENTS),
    )),
    Machines: Grant("machines", "to stop nodes, see that their heartbeat ends, and bring back one that was lost", (
        *rights("", ("nodes",), ("get", "create", "delete"), RightScope.CLUSTER),
        *rights("coordination.k8s.io", ("leases",), ("get",), RightScope.CLUSTER),
    )),
    # Whether it answers is anyone's to ask; its process is stopped without it.
    ControlPlane: Grant("control-plane", "to ask whether the API server answers", ()),
    Scales: Grant("scales", "to set how many pods a workload keeps", (
        *rights("apps", ("deployments", "statefulsets"), ("get", "patch"), names=(WORKLOAD,)),
        *rights("apps", ("replicasets",), ("list", "patch")),
    )),
    Autoscales: Grant("autoscales", "to set the bounds of autoscalers", (
        *rights("autoscaling", ("horizontalpodautoscalers",), ("get", "patch")),
        *rights("apps", ("deployments", "statefulsets"), ("get",), names=(WORKLOAD,)),
    )),
    Fells: Grant("fells", "to take all workloads down, and to bring them back", (
        *rights("apps", ("deployments", "statefulsets"), ("get", "patch"), names=(WORKLOAD,)),
        *rights("apps", ("replicasets",), ("list", "patch")),
    )),
    ServiceHarms: Grant("doors", "to change a Service's selector and type", (
        *rights("", ("services",), ("get", "patch"), names=(SERVICE,)),
    )),
    Rollouts: Grant("rollouts", "to pause a Deployment's rollout, and to give it the version before", (
        *rights("apps", ("deployments",), ("get", "patch"), names=(WORKLOAD,)),
        *rights("apps", ("replicasets",), ("list", "patch")),
    )),
    Configures: Grant("configures", "to change keys of the ConfigMap that a workload reads, and to restart its pods", (
        *rights("", ("configmaps",), ("get", "patch")),
        *rights("apps", ("deployments", "statefulsets"), ("get", "patch"), names=(WORKLOAD,)),
        *rights("apps", ("replicasets",), ("list", "patch")),
    )),
    Stores: _STORES,
    # What was there before is kept in squall's own namespace; under which name, only the run knows.
    Rotates: Grant("rotates", "to change a password at its store and in its Secret, and to restart who reads it", (
        *_STORES.rights,
        *rights("", ("secrets",), ("patch",), names=(SECRET,)),
        *rights("", ("secrets",), ("create", "get", "delete"), RightScope.AGENTS),
        *rights("apps", ("deployments",), ("get", "patch"), names=(WORKLOAD,)),
        *rights("apps", ("replicasets",), ("list", "patch")),
    )),
}  # fmt: skip


# Harms of these stand in the API until someone takes them back.
HELD = (Autoscales, Configures, Cordons, ServiceHarms, Drains, Fells, Releases, Rollouts, Scales)


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
