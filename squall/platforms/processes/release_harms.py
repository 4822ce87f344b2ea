"""How the agent finds a process."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue as Json

from squall.errors import InjectionFailed
from squall.instances import Instance
from squall.platforms.processes.programs import PlannedProcess, proxy_socket


def target(instance: Instance, process: PlannedProcess, state: Path) -> Mapping[str, Json]:
    """Return how the agent finds a process, and the proxy in front of it.

    Raises:
        InjectionFailed: it does not run.
    """
    if not instance.incarnation:
        raise InjectionFailed(f"harming {instance.name}: it does not run")
    pid, started = (int(part) for part in instance.incarnation.split("/"))
    if not process.proxy:
        return {"pid": pid, "started": started}
    proxy = str(proxy_socket(state, process.name))
    return {"pid": pid, "started": started, "at": process.port, "proxy": proxy, "proxy port": process.proxy}
