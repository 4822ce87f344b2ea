"""Control groups of our own on this machine (version 1 or 2), for tests with the real kernel."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")


def missing() -> str:
    """Say why no control group can be made here; empty: they can."""
    if os.geteuid() != 0:
        return "needs root"
    if (MOUNT / "memory" / "cgroup.procs").exists() and (MOUNT / "cpu" / "cgroup.procs").exists():
        return "" if os.access(MOUNT / "memory", os.W_OK) else "control groups are read-only here"
    if (MOUNT / "cgroup.subtree_control").exists():
        enabled = (MOUNT / "cgroup.subtree_control").read_text().split()
        return "" if {"cpu", "memory"} <= set(enabled) else "the controllers cpu and memory are not handed down here"
    return "no control groups are mounted here"


@contextmanager
def group(name: str, **files: str) -> Iterator[dict[str, Path]]:
    """Make a group for cpu and memory, write ``files`` (``memory_max``, ``cpu_max``: bytes, share of a CPU)."""
    first = (MOUNT / "cgroup.subtree_control").exists()
    folders = {each: MOUNT / ("" if first else each) / name for each in ("cpu", "memory")}
    for folder in set(folders.values()):
        folder.mkdir()
    try:
        if most := files.get("memory_max"):
            (folders["memory"] / ("memory.max" if first else "memory.limit_in_bytes")).write_text(most)
        if share := files.get("cpu_max"):
            quota = str(round(float(share) * 100_000))
            if first:
                (folders["cpu"] / "cpu.max").write_text(f"{quota} 100000")
            else:
                (folders["cpu"] / "cpu.cfs_quota_us").write_text(quota)
        yield folders
    finally:
        for folder in set(folders.values()):
            _remove(folder)


def join(folders: dict[str, Path], pid: int) -> None:
    """Move a process in."""
    for folder in set(folders.values()):
        (folder / "cgroup.procs").write_text(str(pid))


def _remove(folder: Path) -> None:
    deadline = time.monotonic() + 5
    while True:
        for pid in (folder / "cgroup.procs").read_text().split():
            os.kill(int(pid), 9)
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
