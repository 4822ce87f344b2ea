"""Which process holds a run folder: by a lock that ends with it, and by pid and start time where there is no lock.

A pid means something in one PID namespace of one machine only, and a start time tells a process from the one that got
its number later. What was written elsewhere says nothing about who lives.
"""

import errno
import fcntl
import json
import os
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from squall.writing.origin import machine_id, pid_namespace

NAME = "harness.json"
# Locks that this process holds until it ends, by folder.
_held: dict[Path, int] = {}


class Owner(StrEnum):
    """What is known of the process that carried a run out."""

    NOBODY = "its harness is gone"
    ALIVE = "its harness is alive"
    ELSEWHERE = "its harness ran on another machine or in another container; whether it is alive cannot be seen here"


def claim_folder(folder: Path) -> None:
    """Write down that this process carries the run out, and lock what was written for as long as it lives."""
    file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(file, 0)
    said = {
        "pid": os.getpid(),
        "started": start_time(os.getpid()),
        "machine": machine_id(),
        "namespace": pid_namespace(),
    }
    os.write(file, json.dumps(said).encode())
    _held[folder.resolve()] = file


def release_folder(folder: Path) -> None:
    """Write down that this process has nothing more to do with the run."""
    (folder / NAME).unlink(missing_ok=True)
    if (file := _held.pop(folder.resolve(), None)) is not None:
        os.close(file)


def owner(folder: Path) -> Owner:
    """Say whether the process that carried the run out is still there."""
    try:
        said = json.loads((folder / NAME).read_text())
        pid, began = int(said["pid"]), str(said["started"])
        place = said.get("machine"), said.get("namespace")
    except (FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
        return Owner.NOBODY
    if _locked(folder / NAME):
        return Owner.ALIVE
    # A squall of before wrote down neither.
    if place != (None, None) and place != (machine_id(), pid_namespace()):
        return Owner.ELSEWHERE
    return Owner.ALIVE if start_time(pid) == began else Owner.NOBODY


def start_time(pid: int) -> str | None:
    """Return when a process began, in clock ticks since boot, with the boot's id; None if it is not there."""
    try:
        # The second field is the name in parentheses and may hold spaces: count from behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else f"{boot}/{fields[19]}"


def _locked(path: Path) -> bool:
    """Whether a living process holds the lock, in whatever PID namespace; also on another machine, over NFS."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in {errno.EWOULDBLOCK, errno.EACCES}
    finally:
        os.close(file)
    return False
