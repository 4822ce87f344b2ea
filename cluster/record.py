"""What really runs, in the cluster itself: versions as the programs answer them, and timings as they are in force."""

import json
import re
from typing import Any

from cluster import versions
from cluster.cache import Cache
from cluster.command import ask, run
from cluster.kind import kind_program
from cluster.kubectl import Kubectl

__all__ = ["effective_tuning", "effective_versions", "write_record"]

CONTROL_PLANE = f"{versions.CLUSTER}-control-plane"
# What changes how long a failure lasts, by component.
FLAGS = {
    "kube-apiserver": ("default-not-ready-toleration-seconds", "default-unreachable-toleration-seconds"),
    "kube-controller-manager": (
        "horizontal-pod-autoscaler-sync-period",
        "node-monitor-grace-period",
        "node-monitor-period",
    ),
    "metrics-server": ("metric-resolution",),
}
KUBELET = ("crashLoopBackOff", "nodeLeaseDurationSeconds", "nodeStatusReportFrequency", "failCgroupV1", "evictionHard")


def effective_tuning(kubectl: Kubectl) -> dict[str, Any]:
    """Read the settings back from the pods that run with them and from a kubelet."""
    pods = kubectl.items("pods", "--namespace", "kube-system")
    containers = {c["name"]: c for pod in pods for c in pod["spec"]["containers"]}
    flags = {name: {flag: _flag(containers.get(name, {}), flag) for flag in wanted} for name, wanted in FLAGS.items()}
    configz = json.loads(kubectl.run("get", "--raw", f"/api/v1/nodes/{CONTROL_PLANE}/proxy/configz"))["kubeletconfig"]
    return {**flags, "kubelet": {name: configz.get(name) for name in KUBELET}}


def _flag(container: Any, name: str) -> str | None:
    words = [*container.get("command", []), *container.get("args", [])]
    values = [word.partition("=")[2] for word in words if word.startswith(f"--{name}=")]
    return values[-1] if values else None


def effective_versions(cache: Cache, kubectl: Kubectl, node_image: str) -> dict[str, Any]:
    """Ask each program for its own version; the tags of a node image made here follow kubeadm, not their content."""
    nodes = kubectl.items("nodes")
    info = nodes[0]["status"]["nodeInfo"]
    server = json.loads(kubectl.run("version", "--output", "json"))["serverVersion"]
    return {
        "kubelet": info["kubeletVersion"],
        "kube-apiserver": server["gitVersion"],
        "containerd": info["containerRuntimeVersion"].rpartition("/")[2],
        "runc": _first_number(_in_node("runc", "--version")),
        "etcd": _first_number(_in_pod(kubectl, f"pod/etcd-{CONTROL_PLANE}", "etcd", "--version")),
        "coredns": _first_number(_coredns(kubectl)),
        "kind": _first_number(ask(kind_program(cache), "version").out),
        "docker": run("docker", "version", "--format", "{{.Server.Version}}").strip(),
        "kernel": info["kernelVersion"],
        "os": info["osImage"],
        "cgroup": "v2" if "cgroup2fs" in _in_node("stat", "-fc", "%T", "/sys/fs/cgroup") else "v1",
        "node-image": node_image,
        "nodes": len(nodes),
    }


def _in_node(*words: str) -> str:
    return ask("docker", "exec", CONTROL_PLANE, *words).out


def _in_pod(kubectl: Kubectl, pod: str, *words: str) -> str:
    answer = kubectl.ask("exec", "--namespace", "kube-system", pod, "--", *words)
    return answer.out if answer.good else ""


def _coredns(kubectl: Kubectl) -> str:
    # The published image has it at its root, ours where all programs are.
    places = ("/coredns", "/usr/local/bin/coredns")
    return "".join(_in_pod(kubectl, "deployment/coredns", place, "-version") for place in places)


def _first_number(text: str) -> str | None:
    found = re.search(r"\d+\.\d+(?:\.\d+)?\S*", text)
    return found.group() if found else None


def write_record(kubectl: Kubectl, name: str, key: str, tuning: dict[str, Any], programs: dict[str, Any]) -> None:
    """Write the ConfigMap. It comes last in the making of a cluster: its presence says that the cluster is whole."""
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": versions.NAMESPACE},
        "data": {
            "key": key,
            "tuning.json": json.dumps(tuning, indent=1),
            "versions.json": json.dumps(programs, indent=1),
        },
    }
    kubectl.run("apply", "--filename", "-", stdin=json.dumps(config_map))
