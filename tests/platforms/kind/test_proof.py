"""Which clusters are kind's and of this machine: docker is a program of this test that tells of containers."""

import json
import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from squall.errors import Misuse
from squall.platforms.kind.machine import published
from squall.platforms.kind.proof import prove, prove_port
from tests.platforms.api_server import answers
from tests.platforms.conftest import Served

# As docker 28 inspects them: the control plane publishes the API server and one port of users, workers none.
DOCKER = """#!/bin/sh
case "$1" in
  ps) test "$3" = "label=io.x-k8s.kind.cluster=fake" && printf 'fake-control-plane\nfake-worker\n';;
  inspect) cat "{folder}/containers.json";;
esac
"""


def container(name: str, **ports: list[dict[str, str]] | None) -> dict[str, Any]:
    return {"Name": f"/{name}", "NetworkSettings": {"Ports": {key.replace("_", "/"): at for key, at in ports.items()}}}


def bound(port: object, ip: str = "127.0.0.1") -> list[dict[str, str]]:
    return [{"HostIp": ip, "HostPort": str(port)}]


class Docker:
    """The program, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / "containers.json"
        program = folder / "docker"
        program.write_text(DOCKER.format(folder=folder))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def tells(self, *containers: dict[str, Any]) -> None:
        self._told.write_text(json.dumps(containers))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Docker(tmp_path)


def node(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"providerID": f"kind://docker/fake/{name}"}}


def port_of(served: Served) -> int:
    return urlsplit(served.api.server).port or 0


def test_a_cluster_of_this_machine_is_believed(served: Served, docker: Docker) -> None:
    docker.tells(container("fake-control-plane", **{"6443_tcp": bound(port_of(served))}), container("fake-worker"))
    served.script.then(answers({"items": [node("fake-control-plane"), node("fake-worker")]}))
    assert len(prove(served.api)) == 2


@pytest.mark.parametrize(
    "ports",
    [{}, {"6443_tcp": None}, {"6443_tcp": bound(1)}, {"6443_tcp": [{"HostIp": "10.0.0.1", "HostPort": "{port}"}]}],
    ids=["nothing is published", "nor that", "another port", "another address"],
)
def test_a_tunnel_to_another_machine_s_cluster_of_the_same_name_is_refused(
    served: Served, docker: Docker, ports: dict[str, Any]
) -> None:
    """M9: the context and the address are kind's, and so are the nodes; machine harms strike the local containers."""
    text = json.dumps(ports).replace("{port}", str(port_of(served)))
    docker.tells(container("fake-control-plane", **json.loads(text)), container("fake-worker"))
    with pytest.raises(Misuse, match=r"which no container of the kind cluster .fake. of this machine publishes"):
        prove(served.api)
    assert served.script.asked == []


def test_a_node_that_is_no_container_here_is_refused(served: Served, docker: Docker) -> None:
    docker.tells(container("fake-control-plane", **{"6443_tcp": bound(port_of(served))}))
    served.script.then(answers({"items": [node("fake-control-plane"), node("far-worker")]}))
    with pytest.raises(Misuse, match=r"the node far-worker of .kind-fake. is no container of this machine"):
        prove(served.api)


def test_without_a_container_of_that_name_there_is_no_cluster(
    docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert published("another") == {}
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    assert published("fake") == {}
    monkeypatch.setenv("PATH", "")
    assert published("fake") == {}


def test_a_server_without_a_port_is_at_that_of_https() -> None:
    prove_port("kind-x", "https://localhost", {"x": [443]})
