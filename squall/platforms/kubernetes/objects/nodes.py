"""The nodes of a cluster: which may be harmed, what makes one again, when it was heard of last, and where it is."""

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import ALLOWED
from squall.platforms.kubernetes.api.paths import NODES, within

# Where a node's heartbeats are: a Lease of its name that its kubelet renews.
LEASES = "kube-node-lease"
# The kubelet renews when a quarter of the lease has gone (kubelet, nodeLeaseRenewIntervalFraction).
FRACTION = 0.25
# Its default length in seconds.
LENGTH = 40.0
ZONE = "topology.kubernetes.io/zone"
# By kubeadm and all that follow it, by its older releases, and by Rancher's RKE, which has a role for etcd, too.
CONTROL_PLANE = tuple(f"node-role.kubernetes.io/{role}" for role in ("control-plane", "master", "controlplane", "etcd"))


def of_control_plane(node: Object) -> bool:
    """Say whether a node bears the control plane, which is never harmed."""
    labels = node["metadata"].get("labels") or {}
    return any(name in labels for name in CONTROL_PLANE)


def refuse_control_plane(node: Object) -> None:
    """Raise InjectionFailed for a node of the control plane."""
    if of_control_plane(node):
        raise InjectionFailed(f"harming node {node['metadata']['name']}: it bears the control plane, never harmed")


def consents(node: Object) -> bool:
    """Say whether a node's own label says that it may be harmed: others than the system may run on it."""
    return (node["metadata"].get("labels") or {}).get(ALLOWED) == "true"


def refuse_without_consent(node: Object) -> None:
    """Raise InjectionFailed for a node whose owner has not said that it may be harmed, or no longer says so."""
    if not consents(node):
        name = node["metadata"]["name"]
        raise InjectionFailed(f"harming node {name}: it does not allow it: kubectl label node {name} {ALLOWED}=true")


def is_ready(node: Object) -> bool:
    """Say whether the kubelet reports that the node is ready."""
    conditions = node.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def kept(node: Object) -> Object:
    """Return what a Node object is made of again: all that is not the kubelet's or a controller's to say."""
    meta, spec = node["metadata"], node.get("spec") or {}
    taints = [taint for taint in spec.get("taints") or () if not str(taint["key"]).startswith("node.kubernetes.io/")]
    names = ("podCIDR", "podCIDRs", "providerID", "unschedulable")
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {name: meta[name] for name in ("name", "labels", "annotations") if meta.get(name)},
        "spec": {**{name: spec[name] for name in names if spec.get(name)}, **({"taints": taints} if taints else {})},
    }


def heartbeat(api: Api, node: str) -> str:
    """Return when a node's lease was renewed last, as it says itself; empty if there is none."""
    found = api.find(within(LEASES, "lease", node)) or {}
    return str((found.get("spec") or {}).get("renewTime") or "")


def renewed_every(api: Api, node: str) -> float:
    """Return the seconds between two renewals."""
    found = api.find(within(LEASES, "lease", node)) or {}
    return float((found.get("spec") or {}).get("leaseDurationSeconds") or LENGTH) * FRACTION


class Zones:
    """The zone of each node, asked once for each node that turns up; empty where it is not said."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    def of(self, node: str) -> str:
        """Return a node's zone; empty also if nodes may not be listed here."""
        if node not in self._known:
            self._known = {node: "", **self._listed()}
        return self._known[node]

    def _listed(self) -> dict[str, str]:
        try:
            nodes = self._api.items(NODES)
        except ApiFailed:
            return {}
        return {str(each["metadata"]["name"]): (each["metadata"].get("labels") or {}).get(ZONE, "") for each in nodes}
