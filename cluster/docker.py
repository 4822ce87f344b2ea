"""The Docker Engine and its images. An image built here carries its key as a label, so that it is known again."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cluster.cache import Cache
from cluster.command import ask, require, run
from cluster.errors import Unusable
from cluster.progress import part

__all__ = [
    "KEY_LABEL",
    "KeptImage",
    "build",
    "check_engine",
    "has_image",
    "image_id",
    "pull",
    "reachable",
    "remove_containers",
]

KEY_LABEL = "squall.dev/key"
OLDEST_ENGINE = (20, 10)
REGISTRY_SECONDS = 10.0


def check_engine() -> None:
    """Raise Unusable unless a Docker Engine that is new enough answers."""
    require("docker", "Install Docker Engine; on Debian, as root: .ci/docker-engine")
    answer = ask("docker", "version", "--format", "{{.Server.Version}}")
    if not answer.good:
        raise Unusable(
            "The Docker Engine does not answer",
            "Start it, or see that you may use it; on Debian, as root: .ci/docker-engine",
        )
    version = answer.out.strip()
    if _numbers(version) < OLDEST_ENGINE:
        oldest = ".".join(map(str, OLDEST_ENGINE))
        raise Unusable(f"Docker Engine {version} is too old", f"Install {oldest} or newer")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(word) for word in version.split("+")[0].split("-")[0].split(".")[:2] if word.isdigit())


def has_image(name: str, key: str | None = None) -> bool:
    """Tell whether the engine has the image and, where a key is given, has it from these inputs."""
    wanted = '{{index .Config.Labels "' + KEY_LABEL + '"}}'
    answer = ask("docker", "image", "inspect", "--format", wanted, name)
    return answer.good and (key is None or answer.out.strip() == key)


def reachable(name: str) -> bool:
    """Tell quickly whether some registry would give the image."""
    return ask("docker", "manifest", "inspect", name, within=REGISTRY_SECONDS).good


def pull(name: str) -> None:
    """Fetch an image from its registry."""
    with part(f"pulling {name.partition('@')[0]}"):
        run("docker", "pull", "--quiet", name)


def image_id(name: str) -> str:
    """Return what the engine knows an image's content by."""
    return run("docker", "image", "inspect", "--format", "{{.Id}}", name).strip()


def remove_containers(label: str) -> None:
    """Remove all containers with a label, and their volumes."""
    for found in run("docker", "ps", "--all", "--quiet", "--filter", f"label={label}").split():
        run("docker", "rm", "--force", "--volumes", found)


def build(name: str, dockerfile: Path, context: Path, key: str, arguments: Mapping[str, str]) -> None:
    """Build an image; its steps use the machine's own network, so that package registries are reached as here."""
    words = ["--network", "host", "--tag", name, "--label", f"{KEY_LABEL}={key}", "--file", str(dockerfile)]
    for argument, value in arguments.items():
        words += ["--build-arg", f"{argument}={value}"]
    run("docker", "build", *words, context, env=_builder())


def _builder() -> Mapping[str, str]:
    # New clients insist on buildx unless told otherwise, and Debian's engine comes without it.
    plugins = [
        Path.home() / ".docker",
        Path("/usr/libexec/docker"),
        Path("/usr/lib/docker"),
        Path("/usr/local/lib/docker"),
    ]
    if "DOCKER_BUILDKIT" in os.environ or any((p / "cli-plugins/docker-buildx").exists() for p in plugins):
        return {}
    return {"DOCKER_BUILDKIT": "0"}


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image that outlives the engine: it stays in the cache as an archive."""

    name: str
    part: str
    key: str

    def ready(self, cache: Cache) -> bool:
        """Tell whether it can be had without building."""
        return has_image(self.name, self.key) or cache.has(self.part, self.key)

    def archive(self, cache: Cache) -> Path:
        """Return where its archive is once it was obtained."""
        return cache.folder(self.part, self.key) / "image.tar"

    def obtain(self, cache: Cache, make: Callable[[], None]) -> None:
        """See that the engine has it: there already, else from the archive, else by `make`."""
        cache.obtain(self.part, self.key, lambda folder: self._save(folder, make))
        if not has_image(self.name, self.key):
            with part(f"loading {self.name}"):
                run("docker", "load", "--quiet", "--input", self.archive(cache))

    def _save(self, folder: Path, make: Callable[[], None]) -> None:
        if not has_image(self.name, self.key):
            make()
            # The name moved on; the image that had it before would stay for ever.
            run("docker", "image", "prune", "--force", "--filter", f"label={KEY_LABEL}")
        # Not compressed: reading 1 GB costs less than unpacking it.
        run("docker", "save", "--output", folder / "image.tar", self.name)
