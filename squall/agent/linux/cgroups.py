"""Control groups of targets: their folders, their limits and counters, in version 1 and in version 2 alike.

A process's path is told by ``/proc/PID/cgroup`` as its reader's namespace sees it, and need not be the one below the
node's mount: so a folder counts only if the process is listed in it.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from squall.agent.scope.processes import Process
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# With the host's PID namespace, process 1 is the node's: its root is the node's file system.
NODES = "1/root/sys/fs/cgroup"
OWN = Path("/sys/fs/cgroup")
NAMESPACE = "1/ns/cgroup"
MEMBERS = "cgroup.procs"
# Version 1 says "no limit" by the largest number of pages there is.
ENDLESS = 1 << 60


# CGROUP_SUPER_MAGIC and CGROUP2_SUPER_MAGIC of <linux/magic.h>.
_FILE_SYSTEMS = frozenset({0x27E0EB, 0x63677270})
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Group:
    """One controller's folder for one container; ``leaf`` is where its main process is, at or below ``path``."""

    path: Path
    leaf: Path
    unified: bool

    def read(self, name: str) -> str:
        """Return what a file of the group says. Raises OSError."""
        return (self.path / name).read_text().strip()

    def write(self, name: str, value: str) -> None:
        """Write a file of the group. Raises OSError."""
        (self.path / name).write_text(value)

    def counter(self, name: str, key: str) -> int:
        """Return one figure of a file of lines ``key number``; 0 if it is not there. Raises OSError."""
        lines = (line.split() for line in self.read(name).splitlines())
        return next((int(words[1]) for words in lines if len(words) == 2 and words[0] == key), 0)


def is_control_group(path: Path) -> bool:
    """Whether a folder lies on a file system of control groups, wherever that is mounted; also if it is not there."""
    # A struct statfs begins with the type of the file system, as a word of the machine.
    answer = (ctypes.c_long * 32)()
    if _LIBC.statfs(bytes(path), ctypes.byref(answer)) != 0:
        return not path.exists()
    return answer[0] in _FILE_SYSTEMS


def group_of(controller: str, target: Message, process: Process, scope: Scope) -> Group:
    """Return the folder of a target's main process for a controller (``memory``, ``cpu``).

    Raises:
        Refused: there is none that is the container's own.
    """
    container = str(target.get("container", ""))
    told, unified = _told(scope.proc, process.pid, controller)
    if told.strip("/") == "" or container not in told:
        raise Refused(f"process {process.pid} has no control group of its own for {controller} (it is in {told})")
    mounts = [mount if unified else mount / controller for mount in (scope.proc / NODES, OWN) if _there(mount)]
    found = (each for mount in mounts for each in _candidates(mount, told) if _lists(each, process.pid))
    if (leaf := next(found, None)) is None:
        raise Refused(f"the control group {told} of process {process.pid} is not found in {mounts}")
    # Version 1 counts in the very group of a process, version 2 in all above it too.
    return Group(_containers(leaf, container) if unified else leaf, leaf, unified)


def memory_limit(group: Group) -> int | None:
    """Return how many bytes a group may have, None if there is no limit. Raises OSError."""
    told = group.read("memory.max" if group.unified else "memory.limit_in_bytes")
    return None if told == "max" or int(told) >= ENDLESS else int(told)


def memory_used(group: Group) -> int:
    """Return how many bytes a group has. Raises OSError."""
    return int(group.read("memory.current" if group.unified else "memory.usage_in_bytes"))


def memory_spare(proc: Path) -> int:
    """Return how many bytes the whole machine has to spare (MemAvailable). Raises OSError."""
    lines = (proc / "meminfo").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def _told(proc: Path, pid: int, controller: str) -> tuple[str, bool]:
    try:
        lines = [line.split(":", 2) for line in (proc / str(pid) / "cgroup").read_text().splitlines()]
    except OSError as error:
        raise Refused(f"process {pid} is gone") from error
    for _, controllers, path in lines:
        if controller in controllers.split(","):
            return path, False
    return next((path for number, _, path in lines if number == "0"), "/"), True


def _there(mount: Path) -> bool:
    try:
        return mount.is_dir()
    except OSError:
        return False


def _candidates(mount: Path, told: str) -> Iterator[Path]:
    parts = [part for part in told.split("/") if part not in {"", ".."}]
    for number in range(len(parts)):
        yield mount.joinpath(*parts[number:])
    # Seen from a namespace beside it (``/../../pod.../...``): its own name is the only one that is surely there.
    yield from mount.rglob(parts[-1])


def _lists(folder: Path, pid: int) -> bool:
    try:
        return str(pid) in (folder / MEMBERS).read_text().split()
    except OSError:
        return False


def _containers(leaf: Path, container: str) -> Path:
    """Return the folder of the whole container: a container may have made groups of its own inside."""
    named = [folder for folder in (leaf, *leaf.parents) if container and container in folder.name]
    return named[-1] if named else leaf
