"""A volume of a target is filled to a level for a time; only one that has a size of its own, never a node's disk.

The space is held by a file without a name, that the agent holds open: the kernel gives it back if the agent dies. The
effect is the free space, read inside the target.
"""

import math
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from squall.agent.harms import disk_filler
from squall.agent.harms.contract import (
    AS_STATED,
    TARGET_GONE,
    Harm,
    Means,
    each_of,
    effect,
    ending,
    targets,
)
from squall.agent.linux import helper_process
from squall.agent.linux.cgroups import Group, group_of, memory_limit, memory_spare, memory_used
from squall.agent.linux.mounts import Mount, mounted, own_mount
from squall.agent.scope.pidfds import PinnedProcess, pin
from squall.agent.scope.processes import start
from squall.agent.scope.scope import Scope
from squall.agent.wire import Message, Refused

# The harness waits 10 s for an answer.
FILLED_WITHIN = 8.0
# What a target keeps of its memory when a volume that is memory is filled, and a node of its own.
KEPT, SPARED = 4 << 20, 2
# Space is given in blocks, and file systems keep some for their own lists (percentage points).
SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Space:
    """How much of a file system is taken, as its users see it (df): bytes."""

    used: int
    free: int

    @property
    def level(self) -> float:
        """The share that is taken, in %."""
        return 100 * self.used / max(1, self.used + self.free)

    def missing(self, level: float) -> int:
        """Return how many bytes are missing to a level (%)."""
        return min(self.free, math.ceil(level / 100 * (self.used + self.free)) - self.used)

    @classmethod
    def of(cls, handle: int) -> "Space":
        """Read it through an open file or folder. Raises OSError."""
        found = os.fstatvfs(handle)
        return cls((found.f_blocks - found.f_bfree) * found.f_frsize, found.f_bavail * found.f_frsize)


@dataclass(frozen=True, slots=True)
class Volume:
    """One target's folder, held open, on a mount of its own."""

    pinned: PinnedProcess
    path: str
    folder: int
    mount: Mount
    group: Group
    proc: Path
    level: float

    def __str__(self) -> str:
        return f"{self.path} of {self.pinned}"

    @property
    def gone(self) -> bool:
        """Whether neither the process is there nor its node still has the volume."""
        process = self.pinned.process
        there = start(self.proc, process.pid) == process.started
        return not there and not mounted(self.proc, self.mount.device)


class FullDiskOrder:
    """``{"do": "FullDisk", "targets": [...], "lasts": seconds, "path": folder, "level": per cent}``."""

    needs: ClassVar = frozenset({Means.FILE_SYSTEM, Means.CONTROL_GROUP})

    def pin(self, order: Message, scope: Scope) -> "Filled":
        path, level = PurePosixPath(os.path.normpath(str(order["path"]))), float(order["level"])
        if not path.is_absolute() or not 0 < level <= 100:
            raise ValueError(f"a volume is filled at an absolute path and to 1 to 100 %, not {path} to {level:g} %")
        with ExitStack() as stack:
            return Filled([_volume(target, path, level, scope, stack) for target in order["targets"]], stack)

    def undo(self, entry: Message) -> str:
        return "; ".join(f"the file in {said['path']} had no name, and went with its agent" for said in entry["files"])


class Filled:
    """Volumes that are about to be filled."""

    def __init__(self, volumes: Sequence[Volume], stack: ExitStack) -> None:
        self._volumes, self._stack = volumes, stack.pop_all()
        self._files = ExitStack()

    def journal(self) -> Message:
        return {"files": [{"pid": volume.pinned.process.pid, "path": volume.path} for volume in self._volumes]}

    def do(self) -> Message:
        return targets([self._fill(volume) for volume in self._volumes])

    def end(self) -> Message:
        before = [(volume.gone, Space.of(volume.folder)) for volume in self._volumes]
        sent = time.monotonic()
        self._files.close()
        each = zip(self._volumes, before, strict=True)
        return targets(each_of(lambda one: _ended(one[0], *one[1], sent), each))

    def close(self) -> None:
        self._files.close()
        self._stack.close()

    def _fill(self, volume: Volume) -> Message:
        sent = time.monotonic()
        try:
            if missing := max(0, Space.of(volume.folder).missing(volume.level)):
                self._files.callback(os.close, _taken(volume, missing))
            space = Space.of(volume.folder)
        except OSError as error:
            return effect(False, f"{volume} was not filled: {error.strerror or error}", sent)
        told = f"{volume} is {space.level:.1f} % full, {_mib(space.free)} are free (statvfs)"
        return effect(space.level >= volume.level - SLACK, told, sent, time.monotonic())


def _volume(target: Message, path: PurePosixPath, level: float, scope: Scope, stack: ExitStack) -> Volume:
    main = pin(scope.main(target), target, scope, stack)
    mount = own_mount(scope.proc, main.process.pid, path)
    group = group_of("memory", target, main.process, scope)
    try:
        folder = os.open(_inside(scope.proc, main, path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, folder)
        device, space = os.fstat(folder).st_dev, Space.of(folder)
        if f"{os.major(device)}:{os.minor(device)}" != mount.device:
            raise Refused(f"{path} of {main} leads elsewhere than to its mount at {mount.point}")
        if (missing := space.missing(level)) <= 0:
            raise Refused(f"{path} of {main} is {space.level:.1f} % full already")
        if mount.in_memory:
            _bearable(main, group, scope.proc, missing)
    except OSError as error:
        raise Refused(f"{path} of {main}: {error.strerror}") from error
    return Volume(main, str(path), folder, mount, group, scope.proc, level)


def _bearable(main: PinnedProcess, group: Group, proc: Path, missing: int) -> None:
    """Refuse what would take so much memory that the target, or its node, runs out of it: that is another harm."""
    limit, spare = memory_limit(group), memory_spare(proc)
    if limit is not None and missing > (room := limit - memory_used(group) - KEPT):
        raise Refused(f"{main} has {_mib(max(0, room))} of memory left, and filling takes {_mib(missing)}")
    if missing > spare // SPARED:
        raise Refused(f"filling takes {_mib(missing)}, and the node has {_mib(spare)} of memory to spare for all")


def _taken(volume: Volume, size: int) -> int:
    """Have a process take the space within the target, and return the open file that holds it. Raises OSError."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        words = [
            *helper_process.joining(volume.group, volume.proc),
            str(volume.proc / str(volume.pinned.process.pid) / "root"),
        ]
        words += [volume.path, volume.mount.device, str(size), str(theirs.fileno())]
        child = helper_process.start(disk_filler.main, words, [theirs.fileno()])
        theirs.close()
        try:
            ours.settimeout(FILLED_WITHIN)
            _, files, _, _ = socket.recv_fds(ours, 1, 1)
            if not files:
                raise OSError(child.stdout.read().decode().strip() if child.stdout else "")
            return files[0]
        finally:
            helper_process.end(child)


def _ended(volume: Volume, gone: bool, before: Space, sent: float) -> Message:
    if gone:
        return ending(TARGET_GONE, f"{volume} was gone before the end")
    after = Space.of(volume.folder)
    if after.free <= before.free:
        raise OSError(f"{volume} has {_mib(after.free)} free, and had {_mib(before.free)} while it was filled")
    told = f"{volume} is {after.level:.1f} % full again, {_mib(after.free)} are free (statvfs)"
    return ending(AS_STATED, told, sent, time.monotonic())


def _inside(proc: Path, main: PinnedProcess, path: PurePosixPath) -> Path:
    return proc / str(main.process.pid) / "root" / path.relative_to("/")


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"


HARMS: Mapping[str, Harm] = {"FullDisk": FullDiskOrder()}
