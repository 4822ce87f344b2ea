"""From a machine with Docker to a ready cluster, doing only what is missing."""

import time
from pathlib import Path

from cluster.cache import Cache
from cluster.docker import check_engine
from cluster.kind import CONFIG, cluster_key, create, delete, kubectl_program
from cluster.kubectl import Kubectl
from cluster.node_image import node_image
from cluster.observation import RECORD, condition
from cluster.progress import part, say
from cluster.readiness import wait_for_metrics, wait_for_metrics_service, wait_for_routes, wait_for_system
from cluster.record import CONTROL_PLANE, effective_tuning, effective_versions, write_record
from cluster.state import Condition

__all__ = ["down", "up"]

MANIFESTS = Path(__file__).parent / "manifests"


def up(cache: Cache) -> None:
    """Make the cluster unless a healthy one is there."""
    began = time.monotonic()
    check_engine()
    found = condition(cache)
    if found.condition is Condition.HEALTHY:
        say(f"The cluster is ready ({time.monotonic() - began:.1f} s)")
        return
    if found.condition is Condition.BROKEN:
        say(f"  The cluster is made anew: {found.why}")
        delete(cache)
    image = node_image(cache)
    kubectl = Kubectl(kubectl_program(cache, image))
    create(cache, image)
    _furnish(cache, kubectl, image)
    say(f"The cluster is ready ({time.monotonic() - began:.1f} s)")


def _furnish(cache: Cache, kubectl: Kubectl, image: str) -> None:
    kubectl.apply(MANIFESTS / "namespace.yaml")
    kubectl.apply(MANIFESTS / "metrics-server.yaml")
    with part("waiting for nodes, routes and system pods"):
        wait_for_routes(kubectl)
        wait_for_system(kubectl)
    with part("waiting for metrics"):
        wait_for_metrics_service(kubectl, CONTROL_PLANE)
        kubectl.apply(MANIFESTS / "metrics-api.yaml")
        wait_for_metrics(kubectl, CONFIG.read_text().count("- role:"))
    programs = effective_versions(cache, kubectl, image)
    write_record(kubectl, RECORD, cluster_key(image), effective_tuning(kubectl), programs)


def down(cache: Cache) -> None:
    """Remove the cluster and all that came with it; the cache stays."""
    check_engine()
    delete(cache)
    say("The cluster is gone")
