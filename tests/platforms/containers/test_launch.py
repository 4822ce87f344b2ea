"""What stands in for ``docker``: whose project and daemon Compose is given, and that it ends with its parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.platforms.containers.launch import script
from squall.platforms.this_machine.instance_folder import InstanceFolder
from tests.platforms.tiny_system import until

PARENT = """
import subprocess, sys
from pathlib import Path
from squall.platforms.containers.launch import script
from squall.platforms.this_machine.instance_folder import InstanceFolder
state, program = InstanceFolder(Path(sys.argv[1])), Path(sys.argv[2])
subprocess.run([script(state, program, "project", Path("/run/docker.sock")), "compose", "up"])
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[InstanceFolder]:
    state = InstanceFolder(tmp_path / "squall-test")
    state.make()
    yield state
    state.remove()


def program(folder: Path, text: str) -> Path:
    path = folder / "docker-compose"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_compose_is_told_whose_project_it_is_whatever_the_user_has_set(
    state: InstanceFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMPOSE_PROJECT_NAME", "COMPOSE_FILE", "DOCKER_CONTEXT", "DOCKER_HOST"):
        monkeypatch.setenv(name, "the-users")
    monkeypatch.setenv("TAG", "1.2")
    told = program(tmp_path, 'echo "$*|$DOCKER_HOST|$COMPOSE_PROJECT_NAME|$COMPOSE_FILE$DOCKER_CONTEXT|$TAG"')
    docker = script(state, told, "project", Path("/run/docker.sock"))
    done = subprocess.run([docker, "compose", "-f", "a b.yaml", "up"], capture_output=True, text=True, check=True)
    assert done.stdout == "-f a b.yaml up|unix:///run/docker.sock|project||1.2\n"


def test_one_whose_parent_is_not_the_harness_does_nothing(state: InstanceFolder, tmp_path: Path) -> None:
    docker = script(state, program(tmp_path, "echo done"), "project", Path("/run/docker.sock"))
    words = ["sh", "-c", f"'{docker}' compose up; exit $?"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (125, "")


def test_compose_ends_when_the_harness_is_killed(state: InstanceFolder, tmp_path: Path) -> None:
    endless = program(tmp_path, "exec sleep 60")
    with subprocess.Popen([sys.executable, "-c", PARENT, str(state.path), str(endless)]) as harness:
        until(lambda: state.noted("compose"))
        compose = state.noted("compose")
        assert compose is not None
        until(lambda: Path(f"/proc/{compose.pid}/comm").read_text() == "sleep\n")
        assert os.getsid(compose.pid) == compose.pid, "a terminal's Ctrl-C reaches only the harness"
        harness.send_signal(signal.SIGKILL)
    until(lambda: not compose.lives())
