"""Whether the agent may harm containers' processes here, what it can do, and how it finds them.

The agent is a process of this machine, where a local daemon's containers are ordinary processes. ``docker kill`` is no
crash: Docker takes it for an owner's wish, and starts nothing again.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.instances import Instance
from squall.platforms.containers.engine import Engine
from squall.platforms.containers.status import status_of

# From <linux/capability.h>: signals to processes of other users; their networks, groups and files.
CAP_KILL, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN = 5, 12, 19, 21
# What agents can do here, and with which rights.
BY_SIGNALS = frozenset({"freeze", "kill", "stop"})
FROM_WITHIN = frozenset({"cpu", "disk", "errors", "memory", "partition", "reset", "resolution", "silent", "slow"}) | {
    "unreachable"
}
NEEDED = ((BY_SIGNALS, {CAP_KILL}), (FROM_WITHIN, {CAP_KILL, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN}))


def permitted(status: Path = Path("/proc/self/status")) -> frozenset[str]:
    """Return what the agent may do to the processes of other users, as containers' are, with this process's rights."""
    found = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("CapEff:")), "0")
    effective = int(found, 16)
    allowed = (harms for harms, rights in NEEDED if all(effective >> right & 1 for right in rights))
    return frozenset[str]().union(*allowed)


def target(engine: Engine, instance: Instance) -> Mapping[str, Json]:
    """Return how the agent finds a container.

    Raises:
        InjectionFailed: it does not run, or is gone.
    """
    short, _, started = instance.incarnation.partition("/")
    container = engine.container(short) if short else None
    if container is None:
        raise InjectionFailed(f"harming {instance.name}: it does not run")
    return {"container": status_of(container).identity, "started": started}
