"""A releaser's program and script are on this machine, or what is missing is named."""

from pathlib import Path

import pytest

from squall.system.releaser import unfound


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "release.py").write_text("")
    (tmp_path / "tools").mkdir()
    for name, mode in (("deploy", 0o755), ("notes", 0o644)):
        (tmp_path / "tools" / name).write_text("#!/bin/sh\n")
        (tmp_path / "tools" / name).chmod(mode)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "${python} release.py ${kubectl} ${folder}",
        "${python} -u release.py",
        "${python} -m our.release",
        "${python} -c 'import sys'",
        "${kubectl} apply -k ${folder}",
        "sh -e release.py",
        "bash -c 'kubectl apply -k ${folder}'",
        "tools/deploy --fast",
        "./tools/deploy",
        # Which file that is comes out when it is called.
        "${python} ${folder}/release.py",
        # Its words are its own.
        "env deploy.sh",
    ],
)
def test_what_is_there_or_cannot_be_told_is_passed(folder: Path, command: str) -> None:
    assert unfound(command, folder) == ""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("${python} deploy.py ${folder}", "there is no script {0}/deploy.py"),
        ("${python} -u deploy.py", "there is no script {0}/deploy.py"),
        ("/bin/sh -e deploy.sh", "there is no script {0}/deploy.sh"),
        ("tools/missing", "there is no program {0}/tools/missing that may be executed"),
        ("./tools/notes", "there is no program {0}/tools/notes that may be executed"),
        ("/nowhere/deploy x", "there is no program /nowhere/deploy that may be executed"),
        ("no-such-deploy-tool x", "no program no-such-deploy-tool in the PATH that may be executed"),
    ],
)
def test_what_is_missing_is_named(folder: Path, command: str, says: str) -> None:
    assert unfound(command, folder) == says.format(folder)
