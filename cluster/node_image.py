"""The image of a kind node: the published one, or one made here of parts from package registries."""

import re
import shutil
import tempfile
import uuid
from pathlib import Path

from cluster import system_images, versions
from cluster.binaries import CNI, CONTAINERD, KUBERNETES, kind_sources
from cluster.cache import Cache, digest
from cluster.command import ask, pipe, run
from cluster.debian import DEBIAN
from cluster.docker import KEY_LABEL, KeptImage, build, has_image, pull, reachable, remove_containers
from cluster.errors import Broken
from cluster.files import hard_copy

__all__ = ["local_image", "node_image"]

HERE = Path(__file__).parent
NAME = "squall/node"
MAKER = "squall.dev/maker"
NODE_FILES = HERE / "node"
ROUTES = HERE / "manifests" / "routes.yaml"
IMPORT = (
    "containerd >/dev/null 2>&1 & until ctr version >/dev/null 2>&1; do sleep 0.1; done;"
    " ctr -n k8s.io images import --label=io.cri-containerd.pinned=pinned --all-platforms --no-unpack --digests - &&"
    " pkill -x containerd && while pgrep -x containerd >/dev/null; do sleep 0.1; done"
)


def local_image() -> KeptImage:
    """Return the image that would be made here."""
    parts = [CNI.key, CONTAINERD.key, KUBERNETES.key, system_images.key(), DEBIAN.image.key]
    key = digest(Path(__file__), NODE_FILES, ROUTES, versions.KIND, *parts)
    return KeptImage(f"{NAME}:{versions.KUBERNETES}-{key}", "node-image", key)


def node_image(cache: Cache) -> str:
    """Return the name of a node image that the engine has."""
    local = local_image()
    if has_image(versions.NODE_IMAGE):
        return versions.NODE_IMAGE
    if not local.ready(cache) and reachable(versions.NODE_IMAGE):
        pull(versions.NODE_IMAGE)
        return versions.NODE_IMAGE
    local.obtain(cache, lambda: _make(cache, local))
    _forget_others(local.name)
    return local.name


def _forget_others(name: str) -> None:
    # Each takes over a gigabyte; should one be wanted again, its archive is in the cache.
    for other in run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", NAME).split():
        if other != name:
            ask("docker", "rmi", other)


def _make(cache: Cache, image: KeptImage) -> None:
    """Lay out a node, then let its own containerd take the system's images in."""
    remove_containers(MAKER)  # of a run that was killed
    archive = system_images.obtain(cache)
    context = Path(tempfile.mkdtemp(prefix="node-", dir=cache.root / "scratch"))
    _lay_out(cache, context / "files")
    empty = f"{image.name}-empty"
    build(empty, NODE_FILES / "Dockerfile", context, image.key, {"DEBIAN": DEBIAN.obtain(cache)})
    shutil.rmtree(context)
    maker = f"squall-node-image-{uuid.uuid4().hex[:8]}"
    run(
        "docker",
        "run",
        "--detach",
        "--privileged",
        "--name",
        maker,
        "--label",
        MAKER,
        "--entrypoint",
        "sleep",
        empty,
        "infinity",
    )
    try:
        pipe(["cat", archive], ["docker", "exec", "--interactive", maker, "bash", "-ec", IMPORT])
        entry = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
        label = f'LABEL "{KEY_LABEL}"="{image.key}"'
        run("docker", "commit", "--change", entry, "--change", "CMD []", "--change", label, maker, image.name)
    finally:
        run("docker", "rm", "--force", "--volumes", maker)
        run("docker", "rmi", "--no-prune", empty)


def _lay_out(cache: Cache, root: Path) -> None:
    source = kind_sources()
    shutil.copytree(source / "images/base/files", root)
    _set_modes(root)
    _adapt_containerd(root / "etc/containerd")
    kubernetes = KUBERNETES.obtain(cache)
    for program in (kubernetes / name for name in ("kubeadm", "kubelet", "kubectl")):
        hard_copy(program, root / "usr/bin" / program.name)
    for program in CONTAINERD.obtain(cache).iterdir():
        hard_copy(program, root / "usr/local/bin" / program.name)
    for program in CNI.obtain(cache).iterdir():
        hard_copy(program, root / "opt/cni/bin" / program.name)
    hard_copy(NODE_FILES / "node.nft", root / "etc/squall/node.nft")
    hard_copy(NODE_FILES / "squall-network.service", root / "etc/systemd/system/squall-network.service")
    (root / "kind/version").write_text(versions.KUBERNETES)
    manifests = root / "kind/manifests"
    manifests.mkdir()
    hard_copy(ROUTES, manifests / "default-cni.yaml")
    (manifests / "default-storage.yaml").write_text(storage_manifest(source / "pkg/build/nodeimage/const_storage.go"))


def _set_modes(root: Path) -> None:
    # Go's module cache keeps everything read-only and nothing executable.
    for path in [root, *root.rglob("*")]:
        runs = path.is_dir() or path.parent.name == "bin"
        path.chmod(0o755 if runs else 0o644)


def _adapt_containerd(folder: Path) -> None:
    config = folder / "config.toml"
    # A machine without CAP_SYS_RESOURCE cannot lower an oom_score_adj; containerd then takes the lowest it may.
    text = config.read_text().replace("restrict_oom_score_adj = false", "restrict_oom_score_adj = true")
    template = '\n[plugins."io.containerd.grpc.v1.cri".cni]\n  conf_template = "/etc/containerd/pod-network.conflist"\n'
    config.write_text(text + template)
    hard_copy(NODE_FILES / "pod-network.conflist", folder / "pod-network.conflist")


def storage_manifest(source: Path) -> str:
    """Take the manifest of the default storage class out of kind's source, with images that are in the node."""
    found = re.search(r"const defaultStorageManifest = (`.*`)\n", source.read_text(), re.DOTALL)
    if found is None:
        raise Broken(f"no storage manifest in {source} of kind {versions.KIND}")
    text = found.group(1)
    for constant, image in (
        ("storageProvisionerImage", system_images.PROVISIONER),
        ("storageHelperImage", system_images.HELPER),
    ):
        text = text.replace(f"` + {constant} + `", image)
    return text.strip("`\n") + "\n"
