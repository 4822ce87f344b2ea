"""Which nodes of a cluster may be harmed. Pure."""

from squall.errors import InjectionFailed
from squall.platforms.kubernetes.client import Object

CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def of_control_plane(node: Object) -> bool:
    """Say whether a node bears the control plane, which is never harmed."""
    labels = node["metadata"].get("labels") or {}
    return any(name in labels for name in CONTROL_PLANE)


def refuse_control_plane(node: Object) -> None:
    """Raise InjectionFailed for a node of the control plane."""
    if of_control_plane(node):
        raise InjectionFailed(f"harming node {node['metadata']['name']}: it bears the control plane, never harmed")
