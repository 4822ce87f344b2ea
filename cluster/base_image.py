"""The Python image that the project's own images stand on: a registry's, or the same made here."""

from pathlib import Path

from cluster import versions
from cluster.cache import Cache, digest
from cluster.debian import DEBIAN
from cluster.docker import KeptImage, build, has_image, image_id, pull, reachable

__all__ = ["python_image"]

NAME = f"squall/base:{versions.DEBIAN}"
DOCKERFILE = Path(__file__).parent / "docker" / "base.Dockerfile"


def python_image(cache: Cache) -> tuple[str, str]:
    """Return the name of an image with Python 3.11 that the engine has, and what identifies its content."""
    kept = KeptImage(NAME, "base", digest(DOCKERFILE, DEBIAN.image.key))
    published = has_image(versions.PYTHON_IMAGE)
    if not published and not kept.ready(cache) and reachable(versions.PYTHON_IMAGE):
        pull(versions.PYTHON_IMAGE)
        published = True
    if published:
        return versions.PYTHON_IMAGE, image_id(versions.PYTHON_IMAGE)
    kept.obtain(cache, lambda: _make(cache, kept))
    return NAME, kept.key


def _make(cache: Cache, kept: KeptImage) -> None:
    build(NAME, DOCKERFILE, DOCKERFILE.parent, kept.key, {"DEBIAN": DEBIAN.obtain(cache)})
