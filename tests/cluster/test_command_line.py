import sys
from pathlib import Path

import pytest

from cluster.__main__ import main
from cluster.command import ask, pipe, run
from cluster.errors import Broken


def played(folder: Path, script: str) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SQUALL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("command", ["up", "down", "status", "images"])
def test_without_docker_each_command_says_how_to_get_it(
    command: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "`docker` is not on PATH" in said
    assert ".ci/docker-engine" in said


@pytest.mark.parametrize(
    ("script", "told"),
    [("exit 1", "does not answer"), ("echo 19.3.1", "Docker Engine 19.3.1 is too old. Install 20.10")],
)
def test_an_unusable_engine_is_told(script: str, told: str, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    played(path, script)
    assert main(["up"]) == 4
    assert told in capsys.readouterr().err


def test_a_failed_step_shows_the_end_of_what_it_said() -> None:
    with pytest.raises(Broken, match=r"ended with 3(?s:.*)the cause"):
        run(sys.executable, "-c", "import sys; print('the cause', file=sys.stderr); sys.exit(3)")


def test_a_program_that_hangs_is_an_answer() -> None:
    assert ask("sleep", "5", within=0.05).code == 124


def test_a_pipe_fails_with_either_end() -> None:
    assert pipe(["echo", "through"], ["cat"]) == "through\n"
    with pytest.raises(Broken):
        pipe(["false"], ["cat"])
    with pytest.raises(Broken):
        pipe(["true"], ["false"])
