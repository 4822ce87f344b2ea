from pathlib import Path
from typing import Any

import pytest

from cluster.app_images import IMAGES, AppImage, copied, runs
from cluster.errors import Unusable

DOCKERFILE = """\
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
COPY requirements.txt /tmp/requirements.txt
COPY --chown=1:1 app/one.py \\
     app/two.py /app/
FROM ${BASE}
COPY --from=build /opt/venv /opt/venv
COPY library/ /library
"""


def test_inputs_are_what_the_dockerfile_copies(tmp_path: Path) -> None:
    for name in ("requirements.txt", "app/one.py", "app/two.py", "app/three.py", "library/x.py", "opt/venv/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in copied(DOCKERFILE, tmp_path)]
    assert found == ["app/one.py", "app/two.py", "library", "requirements.txt"]


def test_a_missing_dockerfile_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"specimen/Dockerfile is missing"):
        AppImage("squall/specimen:dev", "specimen/Dockerfile").inputs(tmp_path)


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_each_image_builds_unchanged_on_an_ordinary_machine(image: AppImage) -> None:
    text = (Path(__file__).parents[2] / image.dockerfile).read_text()
    assert "ARG BASE=python:3.11-slim-bookworm\nFROM ${BASE}" in text


POD: dict[str, Any] = {
    "metadata": {"name": "api-1", "ownerReferences": [{"kind": "ReplicaSet"}]},
    "spec": {"containers": [{"image": "squall/specimen:dev"}, {"image": "squall/base:bookworm"}]},
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"deletionTimestamp": "2026-12-01T12:00:00Z"}, False),
        # Nobody would make it again.
        ({"ownerReferences": []}, False),
    ],
)
def test_pods_of_the_image_before_are_those_that_run_one_of_its_name(change: dict[str, Any], expected: bool) -> None:
    pod = {**POD, "metadata": {**POD["metadata"], **change}}
    assert runs(pod, "squall/specimen:dev") is expected
    assert not runs(pod, "localhost/squall/agent:dev")
