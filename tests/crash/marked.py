"""The processes of one victim: whatever it starts has its mark in the environment, and so has what that starts."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

MARK = "SQUALL_CRASH_TEST"


def environment(runs: Path) -> dict[str, str]:
    """Return the environment of the victim that has its run in a folder."""
    return {**os.environ, MARK: str(uuid.uuid5(uuid.NAMESPACE_URL, str(runs)))}


def marked(of: str) -> Iterator[int]:
    """Yield the numbers of all that has that mark."""
    mark = f"{MARK}={of}".encode()
    for said in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in said.read_bytes().split(b"\0"):
                yield int(said.parent.name)
        except OSError:
            continue


def words(pid: int) -> list[str]:
    """Return a process's command; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []
