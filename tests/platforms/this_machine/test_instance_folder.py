"""The folder that an undo finds under its name may be another user's by then: /tmp is emptied by a restart."""

import subprocess
from pathlib import Path

import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.errors import NotUndone
from squall.platforms.this_machine.instance_folder import PREFIX, InstanceFolder
from squall.safety.undo_log import Undo, perform


def args(folder: Path) -> dict[str, object]:
    docker = {"project": "p", "docker": "/var/run/docker.sock"}
    return {"folder": str(folder), "run": "r", "names": ["api-0"], "service": "api", **docker}


KINDS = ["local.processes", "local.lease", "local.agent", "local.deletion", "local.release", "compose.project"]


@pytest.mark.parametrize("kind", KINDS)
def test_no_undo_believes_a_folder_that_others_can_write(kind: str, tmp_path: Path) -> None:
    folder = InstanceFolder(tmp_path / f"{PREFIX}x")
    folder.make()
    folder.path.chmod(0o777)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as mine:
        folder.write_down("watchdog", mine.pid)
        with pytest.raises(NotUndone, match="it is not a folder of this user alone"):
            perform(Undo(kind, "a folder of others", args(folder.path)))
        assert mine.poll() is None
        mine.kill()
    assert folder.path.exists()


def test_a_link_to_a_folder_is_no_folder_of_ours(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}mine").mkdir(0o700)
    (tmp_path / f"{PREFIX}x").symlink_to(tmp_path / f"{PREFIX}mine")
    with pytest.raises(NotUndone, match="it is not a folder of this user alone"):
        InstanceFolder.named(str(tmp_path / f"{PREFIX}x"))


def test_one_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    assert InstanceFolder.named(str(tmp_path / "gone")).path == tmp_path / "gone"


def test_nobody_else_gets_to_what_is_in_it(tmp_path: Path) -> None:
    folder = InstanceFolder(tmp_path / f"{PREFIX}x")
    folder.make()
    assert folder.path.stat().st_mode & 0o066 == 0
    closed = {part.name for part in folder.path.iterdir() if part.stat().st_mode & 0o077 == 0}
    assert {"specs", "runs", "releases", "logs", "fronts", "proxies"} <= closed
