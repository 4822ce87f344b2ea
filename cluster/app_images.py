"""The project's own images: built from their Dockerfiles, loaded into the nodes."""

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import versions
from cluster.base_image import python_image
from cluster.cache import Cache, digest
from cluster.command import ask, run
from cluster.docker import KEY_LABEL, KeptImage, build, check_engine
from cluster.errors import Unusable
from cluster.files import mirror
from cluster.kind import kind_program
from cluster.kubectl import Kubectl
from cluster.observation import nodes
from cluster.progress import part, say

__all__ = ["IMAGES", "AppImage", "build_and_load", "copied", "runs"]

ROOT = Path(__file__).parents[1]
_COPY = re.compile(r"^(?:COPY|ADD)\s+(?!.*--from=)(?:--\S+\s+)*(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AppImage:
    """An image, and the Dockerfile that says what it is made of; its paths start at the repository."""

    name: str
    dockerfile: str

    def inputs(self, root: Path) -> list[Path]:
        """Return the files and folders that it is built from: what the Dockerfile copies."""
        dockerfile = root / self.dockerfile
        if not dockerfile.exists():
            raise Unusable(f"{dockerfile} is missing", f"{self.name} cannot be built without it")
        return [dockerfile, *copied(dockerfile.read_text(), root)]


IMAGES = (
    AppImage("squall/specimen:dev", "specimen/Dockerfile"),
    AppImage("localhost/squall/agent:dev", "squall/agent/Dockerfile"),
)


def copied(dockerfile: str, root: Path) -> list[Path]:
    """Return what a Dockerfile's COPY and ADD lines take from the context."""
    joined = dockerfile.replace("\\\n", " ")
    words = [word for line in _COPY.findall(joined) for word in line.split()[:-1]]
    return sorted({path for word in words for path in root.glob(word.rstrip("/"))})


def build_and_load(cache: Cache) -> None:
    """Bring every image that has changed to the nodes."""
    check_engine()
    if not nodes():
        raise Unusable("There is no cluster to load images into", "Make it: python3 -m cluster up")
    base, base_key = python_image(cache)
    for image in IMAGES:
        _bring(cache, image, base, base_key)


def _bring(cache: Cache, image: AppImage, base: str, base_key: str) -> None:
    inputs = image.inputs(ROOT)
    key = digest(base_key, *(str(path.relative_to(ROOT)) for path in inputs), *inputs)
    slug = image.name.partition(":")[0].replace("/", "-")
    kept = KeptImage(image.name, f"image-{slug}", key)
    kept.obtain(cache, lambda: _build(cache, image, inputs, key, base))
    lacking = [node for node in nodes() if not _on_node(node, image.name, key)]
    if not lacking:
        say(f"  {image.name} is on every node")
        return
    with part(f"loading {image.name} into {len(lacking)} nodes"):
        listed = ",".join(lacking)
        archive = kept.archive(cache)
        run(kind_program(cache), "load", "image-archive", archive, "--name", versions.CLUSTER, "--nodes", listed)
        for node in lacking:
            run("docker", "exec", node, *_CTR, "label", in_node(image.name), f"{KEY_LABEL}={key}")
    _replace_pods(Kubectl(cache.bin / "kubectl"), image.name)


def _replace_pods(kubectl: Kubectl, name: str) -> None:
    """Delete the pods that run an image of this name: they were made of the one before."""
    for pod in kubectl.items("pods", "--all-namespaces"):
        if runs(pod, name):
            meta = pod["metadata"]
            say(f"  {meta['namespace']}/{meta['name']} runs the image before, and is replaced")
            kubectl.run("delete", "pod", meta["name"], "--namespace", meta["namespace"], "--wait=false")


def runs(pod: Mapping[str, Any], name: str) -> bool:
    """Say whether a pod that others keep has a container of an image of this name."""
    kept = bool(pod["metadata"].get("ownerReferences")) and not pod["metadata"].get("deletionTimestamp")
    return kept and name in {container["image"] for container in pod["spec"]["containers"]}


_CTR = ("ctr", "--namespace", "k8s.io", "images")


def in_node(name: str) -> str:
    """Return an image's name as containerd has it: one that names no registry is of Docker Hub."""
    return name if name.startswith("localhost/") else f"docker.io/{name}"


def _on_node(node: str, name: str, key: str) -> bool:
    # The label is on the name in the node, not in the image: a reload takes it away, as it should.
    listed = ask("docker", "exec", node, *_CTR, "list", f"name=={in_node(name)}").out
    return f"{KEY_LABEL}={key}" in listed


def _build(cache: Cache, image: AppImage, inputs: list[Path], key: str, base: str) -> None:
    # Only what is copied is sent: the repository also holds virtual environments and runs.
    context = Path(tempfile.mkdtemp(prefix="context-", dir=cache.root / "scratch"))
    mirror(inputs, ROOT, context)
    build(image.name, context / image.dockerfile, context, key, {"BASE": base})
    shutil.rmtree(context)
