"""Envoy as its users reach it: the admin interface, on a UNIX socket, for it ends the server if anyone asks it to."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from squall.platforms.http import JsonClient

# It answers in a millisecond. Whoever looks again and again must not wait for one that hangs.
ANSWERS_WITHIN = 0.3
# Over a socket the host is of no meaning.
ADMIN = "http://envoy"


class Envoy:
    """The admin interface of one Envoy. Each method raises HarnessFailed when it does not answer."""

    def __init__(self, admin: Path) -> None:
        self._client = JsonClient(ADMIN, ANSWERS_WITHIN, admin)

    def healthy(self) -> Mapping[int, bool]:
        """Return for each port behind it whether Envoy sends requests there."""
        return healthy(self._client.get("/clusters?format=json"))

    def version(self) -> str:
        """Return what it says its version is."""
        # COMMIT/NUMBER/STATE/BUILD/TLS
        return str(self._client.get("/server_info")["version"]).split("/")[1]

    def close(self) -> None:
        self._client.close()


def with_admin(configuration: str, socket: Path) -> str:
    """Return a configuration with the admin interface on a socket of this user's, whatever it says of it. Pure."""
    said = yaml.safe_load(configuration) or {}
    address = {"pipe": {"path": str(socket), "mode": 0o600}}
    # JSON is YAML, too.
    return json.dumps({**said, "admin": {**(said.get("admin") or {}), "address": address}}, indent=1)


def healthy(clusters: Mapping[str, Any]) -> Mapping[int, bool]:
    """Read ``/clusters?format=json``: a host that failed its checks or was ejected gets nothing. Pure.

    What is true of a host is listed and what is false is left out, but for ``eds_health_status``.
    """
    found: dict[int, bool] = {}
    for cluster in clusters.get("cluster_statuses", ()):
        for host in cluster.get("host_statuses", ()):
            said = host.get("health_status", {})
            flags = {key for key, value in said.items() if value is True}
            found[int(host["address"]["socket_address"]["port_value"])] = not flags & OUT
    return found


OUT = {
    "failed_active_health_check",
    "failed_outlier_check",
    "pending_dynamic_removal",
    "pending_active_hc",
    "excluded_via_immediate_hc_fail",
}


def checks(configuration: str) -> Mapping[str, str]:
    """Return how each cluster of a configuration checks its hosts, for the record."""
    clusters: Sequence[Mapping[str, Any]] = (yaml.safe_load(configuration).get("static_resources") or {}).get(
        "clusters", ()
    )
    return {
        str(cluster["name"]): "; ".join(_check(each) for each in cluster.get("health_checks", ())) or "none"
        for cluster in clusters
    }


def _check(check: Mapping[str, Any]) -> str:
    path = (check.get("http_health_check") or {}).get("path", "no HTTP")
    failures = check.get("unhealthy_threshold")
    return f"{path} every {check.get('interval')}, {failures} failures, timeout {check.get('timeout')}"
