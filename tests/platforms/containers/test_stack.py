"""Compose in a process of its own: whose project and daemon it is given, and that it ends with the harness."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.errors import HarnessFailed, Misuse
from squall.platforms.containers.stack import Stack
from squall.platforms.containers.undo import _end_compose
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import all_processes, members
from tests.platforms.tiny_system import until

PARENT = """
import sys
from pathlib import Path
from squall.platforms.containers.stack import Stack
from squall.platforms.this_machine.instance_folder import InstanceFolder
folder, program = map(Path, sys.argv[1:])
Stack(InstanceFolder(folder), program, "project", Path("/run/docker.sock"), folder, [folder / "a.yaml"]).up(60)
"""
ENDLESS = "sleep 60; true"


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


def stack(state: InstanceFolder, program: Path) -> Stack:
    files = [state.path / "a b.yaml", state.path / "c.yaml"]
    return Stack(state, program, "project", Path("/run/docker.sock"), state.path, files)


def test_compose_is_given_whose_project_it_is_whatever_the_user_has_set(
    state: InstanceFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COMPOSE_PROJECT_NAME", "COMPOSE_FILE", "DOCKER_CONTEXT", "DOCKER_HOST"):
        monkeypatch.setenv(name, "the-users")
    monkeypatch.setenv("TAG", "1.2")
    heard = tmp_path / "heard"
    text = f'echo "$*|$DOCKER_HOST|$COMPOSE_PROJECT_NAME|$COMPOSE_FILE$DOCKER_CONTEXT|$TAG" >> {heard}; echo "{{}}"'
    compose = stack(state, program(tmp_path, text))
    assert compose.config() == {}
    compose.up(30)
    files = f"-f {state.path}/a b.yaml -f {state.path}/c.yaml"
    given = "unix:///run/docker.sock|project||1.2"
    assert heard.read_text().splitlines() == [f"{files} config --format json|{given}", f"{files} up --detach|{given}"]


def test_what_fails_is_said_by_composes_last_line(state: InstanceFolder, tmp_path: Path) -> None:
    compose = stack(state, program(tmp_path, "echo pulling >&2; echo no such image >&2; exit 3"))
    with pytest.raises(Misuse, match=r"reading a b\.yaml, c\.yaml: no such image"):
        compose.config()
    with pytest.raises(HarnessFailed, match=r"bringing up a b\.yaml, c\.yaml: no such image"):
        compose.up(30)


def test_one_that_is_not_done_in_time_is_ended(state: InstanceFolder, tmp_path: Path) -> None:
    with pytest.raises(HarnessFailed, match="not done after 1 s"):
        stack(state, program(tmp_path, ENDLESS)).up(1)
    compose = state.noted("compose")
    assert compose is not None
    until(lambda: not members(compose, all_processes()))


@pytest.mark.parametrize("also", [False, True], ids=["the harness", "and what runs Compose"])
def test_compose_ends_when_the_harness_is_killed(state: InstanceFolder, tmp_path: Path, also: bool) -> None:
    endless = program(tmp_path, ENDLESS)
    with subprocess.Popen([sys.executable, "-c", PARENT, str(state.path), str(endless)]) as harness:
        until(lambda: state.noted("compose"))
        compose = state.noted("compose")
        assert compose is not None
        until(lambda: len(members(compose, all_processes())) >= 2)
        assert os.getsid(compose.pid) == compose.pid, "a terminal's Ctrl-C reaches only the harness"
        if also:
            os.kill(compose.pid, signal.SIGKILL)
        harness.send_signal(signal.SIGKILL)
    if also:
        _end_compose(state)
    until(lambda: not compose.lives() and not members(compose, all_processes()))
