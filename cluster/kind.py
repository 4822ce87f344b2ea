"""The kind cluster itself: its configuration, ports, making and removing. Whether it is well is asked elsewhere."""

import os
import re
import shutil
import socket
from pathlib import Path

from cluster import versions
from cluster.binaries import KIND
from cluster.cache import Cache, digest
from cluster.command import ask, run
from cluster.docker import remove_containers
from cluster.errors import Unusable
from cluster.progress import part

__all__ = [
    "CONFIG",
    "cluster_key",
    "create",
    "delete",
    "host_ports",
    "kind_program",
    "kubectl_program",
    "require_free_ports",
]

HERE = Path(__file__).parent
CONFIG = HERE / "kind.yaml"
LABEL = f"io.x-k8s.kind.cluster={versions.CLUSTER}"
NETWORK = "kind"
ADDRESS = "127.0.0.1"


def cluster_key(node_image: str) -> str:
    """Condense what a cluster is made of: one made of anything else is made anew."""
    return digest(CONFIG, HERE / "manifests", versions.KIND, node_image)


def host_ports(config: str) -> list[int]:
    """Return the ports of this machine that the configuration maps, in its order."""
    return [int(port) for port in re.findall(r"\bhostPort: (\d+)", config)]


def require_free_ports(ports: list[int]) -> None:
    """Raise Unusable if someone else listens where users enter; kind would say so only after a minute."""
    taken = [port for port in ports if _taken(port)]
    if taken:
        listed = ", ".join(map(str, taken))
        raise Unusable(
            f"Port {listed} on {ADDRESS} is taken",
            f"End the program that `ss -ltnp` shows there, or change hostPort in {CONFIG}",
        )


def _taken(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, port))
        except OSError:
            return True
    return False


def kind_program(cache: Cache) -> Path:
    """Return kind: the one in the cache, one on PATH of the same version, or one built now."""
    link = cache.bin / "kind"
    if cache.has(KIND.name, KIND.key) and link.exists():
        return link
    on_path = shutil.which("kind")
    if on_path and f" {versions.KIND} " in ask(on_path, "version").out:
        return Path(on_path)
    return cache.offer(KIND.obtain(cache) / "kind")


def kubectl_program(cache: Cache, node_image: str) -> Path:
    """Return the kubectl of the cluster's own version, which every node image holds."""
    found = cache.obtain("kubectl", digest(node_image), lambda folder: _take_kubectl(node_image, folder))
    return cache.offer(found / "kubectl")


def _take_kubectl(node_image: str, folder: Path) -> None:
    container = run("docker", "create", node_image).strip()
    try:
        run("docker", "cp", f"{container}:/usr/bin/kubectl", folder / "kubectl")
    finally:
        run("docker", "rm", "--volumes", container)


def kubeconfig() -> Path:
    """Return the file that kind writes: of those that KUBECONFIG names the first that exists, else the last."""
    named = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    if not named:
        return Path.home() / ".kube" / "config"
    return next((path for path in named if path.exists()), named[-1])


def create(cache: Cache, node_image: str) -> None:
    """Make the nodes and join them. kind removes them again if this fails."""
    require_free_ports(host_ports(CONFIG.read_text()))
    if not kubeconfig().exists():
        (cache.root / "made-kubeconfig").write_text(str(kubeconfig()))
    with part("creating the nodes"):
        run(kind_program(cache), "create", "cluster", "--config", CONFIG, "--image", node_image)


def delete(cache: Cache) -> None:
    """Remove the nodes, their volumes, their network, and our entry in the kubeconfig."""
    with part("removing the cluster"):
        run(kind_program(cache), "delete", "cluster", "--name", versions.CLUSTER)
        remove_containers(LABEL)
        if not ask("docker", "ps", "--all", "--quiet", "--filter", f"network={NETWORK}").out.strip():
            ask("docker", "network", "rm", NETWORK)
        _remove_kubeconfig(cache.root / "made-kubeconfig")


def _remove_kubeconfig(marker: Path) -> None:
    """Remove a kubeconfig that we made and that holds nobody else's cluster."""
    if not marker.exists():
        return
    file = Path(marker.read_text())
    if file.exists() and not re.search(r"^\s*- (?:cluster|context|name|user):", file.read_text(), re.MULTILINE):
        file.unlink()
        if not any(file.parent.iterdir()):
            file.parent.rmdir()
    marker.unlink()
