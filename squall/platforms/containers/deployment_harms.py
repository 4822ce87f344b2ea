"""Whether the agent may harm containers' processes here, what it can do, and how it finds them.

The agent is a process of this machine, where a local daemon's containers are ordinary processes. ``docker kill`` is no
crash: Docker takes it for an owner's wish, and starts nothing again.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import JsonValue as Json

from squall.agent.harms.contract import Means
from squall.errors import InjectionFailed
from squall.instances import Instance
from squall.platforms.containers.engine import Engine
from squall.platforms.containers.status import status_of

# From <linux/capability.h>: signals to processes of other users; their networks, groups and files.
CAP_KILL, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN = 5, 12, 19, 21
# The rights that it takes to go into a container.
INTO_CONTAINERS = frozenset({CAP_KILL, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN})
# By which rights an agent has which means here.
RIGHTS: Mapping[Means, Collection[int]] = {**dict.fromkeys(Means, INTO_CONTAINERS), Means.SIGNALS: {CAP_KILL}}


def permitted(status: Path = Path("/proc/self/status")) -> frozenset[Means]:
    """Return the means that the agent has at other users' processes, as containers' are, by this process's rights."""
    found = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("CapEff:")), "0")
    effective = int(found, 16)
    return frozenset(means for means, rights in RIGHTS.items() if all(effective >> right & 1 for right in rights))


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
