"""What other users of this machine can have made, read or changed."""

import os
from pathlib import Path

import pytest

from squall.process.private import create, owned

root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")


def test_what_this_user_alone_may_write_is_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(0o711)
    create(folder / "file").close()
    assert owned(folder)
    assert owned(folder / "file")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_what_others_may_write_is_not(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    assert not owned(tmp_path)


def test_a_link_is_not(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert not owned(tmp_path / "link")


@root
def test_what_belongs_to_another_is_not(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    assert not owned(tmp_path)


def test_a_file_that_is_made_is_private_and_goes_through_no_link(tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "log"
    victim.write_text("kept")
    path.symlink_to(victim)
    with create(path) as file:
        file.write(b"said")
    assert (path.read_text(), path.stat().st_mode & 0o777, victim.read_text()) == ("said", 0o600, "kept")
