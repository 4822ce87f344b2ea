"""What other users of this machine can have made, read or changed."""

import errno
import multiprocessing
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.writing.private import append_line, create, owned, replace

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


@pytest.fixture
def full() -> Iterator[None]:
    """Let no file of this process grow beyond 100 bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("full")
def test_a_full_disk_leaves_no_part_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, b"a" * 59 + b"\n")
    with pytest.raises(OSError, match="File too large") as caught:
        append_line(path, b"b" * 59 + b"\n")
    assert caught.value.errno == errno.EFBIG
    append_line(path, b"c\n")
    assert path.read_bytes() == b"a" * 59 + b"\nc\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("full")
def test_a_full_disk_leaves_the_file_that_was_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    replace(path, b"before")
    with pytest.raises(OSError, match="File too large"):
        replace(path, b"a" * 200)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"before", [path])


@pytest.mark.parametrize("torn", [b"torn", b"whole\ntorn", b"whole\n", b""])
def test_a_torn_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "lines"
    path.write_bytes(torn)
    append_line(path, b"next\n", on_disk=True)
    assert path.read_bytes() == torn[: torn.rfind(b"\n") + 1] + b"next\n"


def test_no_line_of_another_process_is_taken_for_a_torn_one(tmp_path: Path) -> None:
    path, spawn = tmp_path / "lines", multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write_many, args=(path, letter)) for letter in (b"a", b"b")]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    lines = path.read_bytes().split(b"\n")
    assert sorted(lines[:-1]) == sorted([b"a" * 5000] * 100 + [b"b" * 5000] * 100)


def _write_many(path: Path, letter: bytes) -> None:
    for _ in range(100):
        append_line(path, letter * 5000 + b"\n")
