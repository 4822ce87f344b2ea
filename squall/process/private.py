"""Files and folders that no other user of this machine can have made, read or changed. Standard library only."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


def owned(path: Path) -> bool:
    """Whether a file or folder is this user's own: no link, and closed to writes of others. Raises OSError."""
    found = path.lstat()
    real = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
    return real and found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def create(path: Path) -> BinaryIO:
    """Make a file anew that only this user can read, and open it to be written. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
