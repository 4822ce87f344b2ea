"""Where something was written: what a pid, a path or a signature of it can only mean there. Standard library only."""

from contextlib import suppress
from pathlib import Path

# Kept by systemd and by dbus, the same through reboots; a container may have neither, and then binds to its folder.
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def machine_id() -> str:
    """Return the machine's own id, which stays through reboots; empty where it has none."""
    return next((path.read_text().strip() for path in _MACHINE_IDS if path.is_file()), "")


def pid_namespace() -> str:
    """Return the PID namespace of this process, as the kernel names it; empty outside Linux."""
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return ""
