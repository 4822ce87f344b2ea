"""A node's heartbeat: the Lease that its kubelet renews."""

from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.paths import within

LEASES = "kube-node-lease"
# The kubelet renews when a quarter of the lease has gone (kubelet, nodeLeaseRenewIntervalFraction).
FRACTION = 0.25
# Its default length in seconds.
LENGTH = 40.0


def heartbeat(api: Api, node: str) -> str:
    """Return when a node's lease was renewed last, as it says itself; empty if there is none."""
    found = api.find(within(LEASES, "lease", node)) or {}
    return str((found.get("spec") or {}).get("renewTime") or "")


def renewed_every(api: Api, node: str) -> float:
    """Return the seconds between two renewals."""
    found = api.find(within(LEASES, "lease", node)) or {}
    return float((found.get("spec") or {}).get("leaseDurationSeconds") or LENGTH) * FRACTION
