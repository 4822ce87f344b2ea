"""Looking at the cluster: at its containers through Docker, at the rest through its API. It changes nothing."""

import json
from typing import Any

from cluster import versions
from cluster.cache import Cache
from cluster.command import ask
from cluster.errors import Broken
from cluster.kind import CONFIG, LABEL, cluster_key, kind_program
from cluster.kubectl import Kubectl
from cluster.node_image import local_image
from cluster.state import Judgement, Seen, judge, unready

__all__ = ["RECORD", "condition", "nodes", "see"]

RECORD = "squall-cluster"


def condition(cache: Cache) -> Judgement:
    """Say what the cluster is now. Any image that would be used today is as good as another."""
    acceptable = {cluster_key(image) for image in (versions.NODE_IMAGE, local_image().name)}
    return judge(see(cache), acceptable, CONFIG.read_text().count("- role:"))


def nodes() -> dict[str, str]:
    """Map the cluster's containers to Docker's word for their state."""
    found = ask("docker", "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}} {{.State}}").out
    return dict(line.split(maxsplit=1) for line in found.splitlines())


def see(cache: Cache) -> Seen:
    """Look at the cluster; what does not answer is left at its worst."""
    containers = nodes()
    program = cache.bin / "kubectl"
    if not containers or set(containers.values()) != {"running"} or not program.exists():
        return Seen(containers)
    kubectl = Kubectl(program)
    objects = _objects(kubectl)
    if objects is None:
        # The kubeconfig may have lost its entry; kind knows it.
        ask(kind_program(cache), "export", "kubeconfig", "--name", versions.CLUSTER)
        objects = _objects(kubectl)
    if objects is None:
        return Seen(containers)
    record = kubectl.ask("get", "configmap", RECORD, "--namespace", versions.NAMESPACE, "--output", "json", within=5)
    key = json.loads(record.out)["data"]["key"] if record.good else None
    return Seen(containers, True, key, unready(objects))


def _objects(kubectl: Kubectl) -> list[Any] | None:
    try:
        return list(kubectl.items("nodes,deployments,daemonsets", "--namespace", "kube-system"))
    except Broken:
        return None
