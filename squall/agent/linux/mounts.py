"""What is mounted where (``/proc/PID/mountinfo``), and whether a container has it for itself."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from squall.agent.wire import Refused

# Where the kubelet mounts the volumes of pods, and drivers what they mount for it.
VOLUMES = re.compile(r"/var/lib/kubelet/(?:pods|plugins)/")
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount, as proc(5) lists it."""

    point: PurePosixPath
    device: str
    kind: str
    writable: bool
    options: tuple[str, ...]

    @property
    def in_memory(self) -> bool:
        """Whether what it holds is memory."""
        return self.kind == "tmpfs"

    @classmethod
    def of(cls, line: str) -> "Mount":
        """Return what a line of mountinfo says."""
        before, _, after = line.partition(" - ")
        fields, (kind, _, options) = before.split(), after.split(" ", 2)
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4])
        every = (*fields[5].split(","), *options.split(","))
        return cls(PurePosixPath(point), fields[2], kind, "ro" not in every, every)


def mounts(proc: Path, pid: int) -> list[Mount]:
    """Return all mounts that a process sees, in their order. Raises Refused: it is gone."""
    try:
        return [Mount.of(line) for line in (proc / str(pid) / "mountinfo").read_text().splitlines()]
    except OSError as error:
        raise Refused(f"process {pid} is gone") from error


def own_mount(proc: Path, pid: int, path: PurePosixPath) -> Mount:
    """Return the mount that a path of a process is on.

    Raises:
        Refused: it is not the container's own, has no size of its own, or cannot be written: to fill it would fill
            the disk or the memory of its node.
    """
    above = [mount for mount in mounts(proc, pid) if path.is_relative_to(mount.point)]
    if not above:
        raise Refused(f"{path} is on no mount of process {pid}")
    # Of several at one point the last is the one that is seen.
    mount = max(enumerate(above), key=lambda each: (len(each[1].point.parts), each[0]))[1]
    if mount.kind == "overlay":
        raise Refused(f"{path} is in the container's own layer, on the disk of its node: it has no size of its own")
    if shared := shared_with(proc, mount):
        raise Refused(f"{path} is on the same disk as {shared} of its node: it has no size of its own")
    if mount.in_memory and not any(option.startswith("size=") for option in mount.options):
        raise Refused(f"{path} is in memory and has no size of its own")
    if not mount.writable:
        raise Refused(f"{path} is read-only")
    return mount


def shared_with(proc: Path, mount: Mount) -> str:
    """Return where else a mount's device is mounted on the node than as a volume of pods; empty: nowhere."""
    everywhere = [other.point for other in mounts(proc, 1) if other.device == mount.device]
    return next((str(point) for point in everywhere if not VOLUMES.match(str(point))), "")


def mounted(proc: Path, device: str) -> bool:
    """Say whether the node still has a device mounted."""
    return any(mount.device == device for mount in mounts(proc, 1))
