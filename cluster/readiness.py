"""Waiting until what was asked for is there. The only place that sleeps."""

import time
from collections.abc import Callable

from cluster.command import ask
from cluster.errors import Broken
from cluster.kubectl import Kubectl
from cluster.state import unready

__all__ = ["wait_for_metrics", "wait_for_metrics_service", "wait_for_routes", "wait_for_system", "wait_until"]

PERIOD_SECONDS = 0.5
LIMIT_SECONDS = 180.0


def wait_until(what: str, reason: Callable[[], str], limit: float = LIMIT_SECONDS) -> None:
    """Ask for the reason to wait until there is none; raises Broken with the last one when time is up."""
    end = time.monotonic() + limit
    while last := reason():
        if time.monotonic() > end:
            raise Broken(f"{what}: not within {limit:g} s", last)
        time.sleep(PERIOD_SECONDS)


def wait_for_system(kubectl: Kubectl) -> None:
    """Wait until nodes, network, DNS and all else in kube-system are ready."""

    def reason() -> str:
        try:
            found = kubectl.items("nodes,deployments,daemonsets", "--namespace", "kube-system")
        except Broken as broken:
            return str(broken)
        return ", ".join(unready(found))

    wait_until("nodes and system pods ready", reason)


def wait_for_routes(kubectl: Kubectl) -> None:
    """Wait until each node knows the way to the pods of every other."""
    pods = {n["metadata"]["name"]: n["spec"].get("podCIDR", "") for n in kubectl.items("nodes")}

    def reason() -> str:
        missing = []
        for node in pods:
            routes = ask("docker", "exec", node, "ip", "route").out
            missing += [f"{node} to {other}" for other, cidr in pods.items() if other != node and cidr not in routes]
        return ", ".join(missing)

    wait_until("routes between the nodes' pods", reason)


def wait_for_metrics_service(kubectl: Kubectl, node: str) -> None:
    """Wait until the metrics Service leads to its pod as seen from the API server's node."""
    words = ("get", "service", "metrics-server", "--namespace", "kube-system", "--output", "jsonpath={.spec.clusterIP}")
    url = f"https://{kubectl.run(*words)}/livez"

    def reason() -> str:
        answer = ask("docker", "exec", node, "curl", "--silent", "--insecure", "--max-time", "1", url)
        return "" if answer.out.strip() == "ok" else f"{url} answers {answer.out[:80]!r}"

    wait_until("the metrics Service", reason)


def wait_for_metrics(kubectl: Kubectl, nodes: int) -> None:
    """Wait until there is a first CPU figure of every node: two scrapes after the start."""

    def reason() -> str:
        try:
            known = len(kubectl.items("nodes.metrics.k8s.io"))
        except Broken as broken:
            return str(broken)
        return "" if known == nodes else f"metrics of {known} of {nodes} nodes"

    wait_until("metrics", reason)
