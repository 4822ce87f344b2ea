"""What really runs, and what the cluster was tuned to, for the record. Only reads; what is not there is left out."""

import json
from collections.abc import Mapping

from squall.errors import HarnessFailed
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.labels import OURS
from squall.platforms.kubernetes.api.paths import NODES, within
from squall.platforms.kubernetes.objects.workloads import Workloads

TUNED = "squall-cluster"
IN_NODES = {"kubelet": "kubeletVersion", "containerd": "containerRuntimeVersion", "kernel": "kernelVersion"}


def versions(api: Api, kubectl: Kubectl) -> Mapping[str, str]:
    """Return the versions as the programs themselves say them."""
    said = _tuned(api, "versions.json")
    said["kubernetes"] = str(api.get("/version")["gitVersion"])
    infos = [node["status"]["nodeInfo"] for node in api.items(NODES)]
    for name, field in IN_NODES.items():
        said[name] = ", ".join(sorted({str(info[field]) for info in infos}))
    try:
        client = json.loads(kubectl.run("version", "--client", "-o", "json"))
        said["kubectl"] = str(client["clientVersion"]["gitVersion"])
    except (HarnessFailed, ValueError, KeyError):
        said["kubectl"] = "unknown"
    return said


def tuning(api: Api, workloads: Workloads) -> Mapping[str, str]:
    """Return what the cluster was tuned to, and each service's readiness probe: the floor of its detection."""
    said = _tuned(api, "tuning.json")
    for service in sorted(workloads.cluster.services):
        for container in workloads.read(service)["spec"]["template"]["spec"]["containers"]:
            if (probe := container.get("readinessProbe")) is not None:
                said[f"readiness of {service}/{container['name']}"] = _probe(probe)
    return said


def _probe(probe: Object) -> str:
    period, failures = probe.get("periodSeconds", 10), probe.get("failureThreshold", 3)
    return f"every {period} s, {failures} failures, timeout {probe.get('timeoutSeconds', 1)} s"


def _tuned(api: Api, key: str) -> dict[str, str]:
    found = api.find(within(OURS, "configmap", TUNED)) or {}
    try:
        said = json.loads((found.get("data") or {}).get(key) or "{}")
    except ValueError:
        return {}
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}
