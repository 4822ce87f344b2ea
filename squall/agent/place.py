"""Where an agent works: for which run, on whose pods, and where it reads the node's processes."""

from dataclasses import dataclass
from pathlib import Path

from squall.agent.wire import Refused

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Place:
    """The run, the namespaces whose pods may be harmed, and the two folders that tell which process is whose."""

    run: str
    namespaces: frozenset[str]
    proc: Path
    logs: Path

    def admit(self, uid: str) -> None:
        """Refuse a pod whose namespace is not allowed.

        The namespace is read at the node and not taken from the order: the kubelet names a pod's log folder
        ``NAMESPACE_NAME_UID``.
        """
        names = [folder.name for folder in self.logs.glob(f"*_{uid}")]
        if not names:
            raise Refused(f"pod {uid} is not on this node (no log folder of it in {self.logs})")
        if (namespace := names[0].split("_")[0]) not in self.namespaces:
            raise Refused(f"pod {uid} is in the namespace {namespace}, which is not to be touched")


def boot_id() -> str:
    """Return the kernel's boot id: processes with the same one read the same CLOCK_MONOTONIC."""
    return BOOT_ID.read_text().strip()
