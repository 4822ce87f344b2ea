"""Which nodes of a cluster may be harmed, and what makes one again. Pure."""

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.api.client import Object

CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def of_control_plane(node: Object) -> bool:
    """Say whether a node bears the control plane, which is never harmed."""
    labels = node["metadata"].get("labels") or {}
    return any(name in labels for name in CONTROL_PLANE)


def refuse_control_plane(node: Object) -> None:
    """Raise InjectionFailed for a node of the control plane."""
    if of_control_plane(node):
        raise InjectionFailed(f"harming node {node['metadata']['name']}: it bears the control plane, never harmed")


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
