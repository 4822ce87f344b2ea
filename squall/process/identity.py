"""Which process holds a run folder: by pid and start time, so that a reused pid is not taken for it."""

import json
import os
from pathlib import Path


def claim_folder(folder: Path) -> None:
    """Write down that this process carries the run out."""
    (folder / "harness.json").write_text(json.dumps({"pid": os.getpid(), "started": start_time(os.getpid())}))


def release_folder(folder: Path) -> None:
    """Write down that this process has nothing more to do with the run."""
    (folder / "harness.json").unlink(missing_ok=True)


def owner_alive(folder: Path) -> bool:
    """Whether the process that carried the run out is still there."""
    try:
        holder = json.loads((folder / "harness.json").read_text())
        pid, began = int(holder["pid"]), str(holder["started"])
    except (FileNotFoundError, ValueError, LookupError, TypeError):
        return False
    return start_time(pid) == began


def start_time(pid: int) -> str | None:
    """Return when a process began, in clock ticks since boot, with the boot's id; None if it is not there."""
    try:
        # The second field is the name in parentheses and may hold spaces: count from behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else f"{boot}/{fields[19]}"
