"""Files and folders that no other user of this machine can have made, read or changed. Standard library only."""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_OURS_ALONE = 0o600


def owned(path: Path) -> bool:
    """Whether a file or folder is this user's own: no link, and closed to writes of others. Raises OSError."""
    found = path.lstat()
    real = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
    return real and found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def create(path: Path) -> BinaryIO:
    """Make a file anew that only this user can read, and open it to be written. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _OURS_ALONE), "wb")


def replace(path: Path, content: bytes) -> None:
    """Put a file that only this user can read in the place of another; it is on disk, and whole at any moment.

    Raises:
        OSError: there is no room, or no right; what was there stays, and nothing is left beside it.
    """
    beside = path.with_name(f".{path.name}")
    try:
        with create(beside) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def append_line(path: Path, line: bytes, *, on_disk: bool = False) -> None:
    """Append a line (with its end) to a file that only this user can read; ``on_disk``: return when it is there.

    A last line without an end is what a full disk or a death left of one: it is cut off, for it would swallow this one.

    Raises:
        OSError: there is no room, or no right; no part of the line is left.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _OURS_ALONE)
    try:
        # Another process may be in the middle of its line, which is not torn.
        fcntl.flock(file, fcntl.LOCK_EX)
        whole = _whole(file)
        os.ftruncate(file, whole)
        try:
            _write(file, line)
            if on_disk:
                os.fsync(file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, whole)
            raise
    finally:
        os.close(file)


def _write(file: int, line: bytes) -> None:
    left = memoryview(line)
    while left:
        left = left[os.write(file, left) :]


def _whole(file: int) -> int:
    """Return where the whole lines of a file end."""
    size = os.fstat(file).st_size
    if not size or os.pread(file, 1, size - 1) == b"\n":
        return size
    return os.pread(file, size, 0).rfind(b"\n") + 1
