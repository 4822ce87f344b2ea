"""Whether the agent may harm containers' processes here, what it can do, and how it finds them.

The agent is a process of this machine, where a local daemon's containers are ordinary processes. ``docker kill`` is no
crash: Docker takes it for an owner's wish, and starts nothing again.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.platforms.containers.engine import Engine
from squall.platforms.containers.sight import seen
from squall.target import Instance

HARMS = frozenset({"freeze", "kill"})
# From <linux/capability.h>: signals to processes of other users.
CAP_KILL = 5


def permitted(status: Path = Path("/proc/self/status")) -> bool:
    """Say whether this process may send signals to those of other users, as containers' are."""
    effective = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> CAP_KILL & 1)


def target(engine: Engine, instance: Instance) -> Mapping[str, Json]:
    """Return how the agent finds a container.

    Raises:
        InjectionFailed: it does not run, or is gone.
    """
    short, _, started = instance.incarnation.partition("/")
    container = engine.container(short) if short else None
    if container is None:
        raise InjectionFailed(f"harming {instance.name}: it does not run")
    return {"container": seen(container).identity, "started": started}
