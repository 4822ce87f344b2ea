"""The images that a node must hold before it can pull any: the control plane's, the network's, storage, metrics."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster import versions
from cluster.binaries import COREDNS, ETCD, KUBERNETES, LOCAL_PATH, METRICS, NODE
from cluster.cache import Cache, digest
from cluster.command import run
from cluster.debian import DEBIAN
from cluster.docker import build
from cluster.files import hard_copy

__all__ = ["HELPER", "PROVISIONER", "key", "obtain"]

DOCKERFILES = Path(__file__).parent / "docker"
NETWORK = "squall/network-tools:bundled"
PROVISIONER = "docker.io/squall/local-path-provisioner:bundled"
HELPER = "docker.io/squall/local-path-helper:bundled"
# The sandbox image that kind's containerd configuration names; kubeadm asks for a later one.
SANDBOX = "registry.k8s.io/pause:3.10"
PARTS = (KUBERNETES, ETCD, COREDNS, LOCAL_PATH, METRICS, NODE)


@dataclass(frozen=True, slots=True)
class Image:
    """One program, its names, and whether it calls tools of a Debian."""

    program: str
    folder: Callable[[Cache], Path]
    names: tuple[str, ...]
    tools: bool = False


def key() -> str:
    """Condense what all of them depend on."""
    files = [DOCKERFILES / "program.Dockerfile", DOCKERFILES / "network.Dockerfile", Path(__file__)]
    return digest(*files, DEBIAN.image.key, *(part.key for part in PARTS))


def obtain(cache: Cache) -> Path:
    """Return an archive with all of them."""
    for part in PARTS:
        part.obtain(cache)
    return cache.obtain("system-images", key(), lambda folder: _make(cache, folder)) / "images.tar"


def _make(cache: Cache, folder: Path) -> None:
    build(NETWORK, DOCKERFILES / "network.Dockerfile", DOCKERFILES, key(), {"DEBIAN": DEBIAN.obtain(cache)})
    names = [name for image in _images(cache) for name in _build(cache, image)]
    run("docker", "tag", DEBIAN.obtain(cache), HELPER)
    run("docker", "save", "--output", folder / "images.tar", *names, HELPER)
    # Each of them is in the archive; the engine needs them no more.
    run("docker", "rmi", *names, HELPER)


def _images(cache: Cache) -> list[Image]:
    wanted = _names_of_kubeadm(cache)
    control = [
        Image(program, KUBERNETES.obtain, (wanted[program],), tools=program == "kube-proxy")
        for program in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
    ]
    metrics = f"registry.k8s.io/metrics-server/metrics-server:{versions.METRICS_SERVER}"
    return [
        *control,
        Image("coredns", COREDNS.obtain, (wanted["coredns"],)),
        Image("etcd", ETCD.obtain, (wanted["etcd"],)),
        Image("pause", NODE.obtain, (wanted["pause"], SANDBOX)),
        Image("routes", NODE.obtain, ("docker.io/squall/routes:bundled",), tools=True),
        Image("local-path-provisioner", LOCAL_PATH.obtain, (PROVISIONER,)),
        Image("metrics-server", METRICS.obtain, (metrics,)),
    ]


def _names_of_kubeadm(cache: Cache) -> dict[str, str]:
    kubeadm = KUBERNETES.obtain(cache) / "kubeadm"
    names = run(kubeadm, "config", "images", "list", "--kubernetes-version", versions.KUBERNETES).split()
    return {name.rpartition(":")[0].rpartition("/")[2]: name for name in names}


def _build(cache: Cache, image: Image) -> tuple[str, ...]:
    context = Path(tempfile.mkdtemp(prefix="image-", dir=cache.root / "scratch"))
    source = image.folder(cache)
    hard_copy(source / image.program, context / "files/usr/local/bin" / image.program)
    if image.program == "etcd":
        hard_copy(source / "etcdctl", context / "files/usr/local/bin/etcdctl")
    dockerfile = context / "Dockerfile"
    entry = f'ENTRYPOINT ["/usr/local/bin/{image.program}"]\n'
    dockerfile.write_text((DOCKERFILES / "program.Dockerfile").read_text() + entry)
    base = NETWORK if image.tools else "scratch"
    build(image.names[0], dockerfile, context, key(), {"BASE": base})
    for other in image.names[1:]:
        run("docker", "tag", image.names[0], other)
    shutil.rmtree(context)
    return image.names
