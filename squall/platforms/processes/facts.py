"""What really runs and how it is tuned, for the record; and what a run must leave as it was. Only reads."""

import hashlib
import platform
from collections.abc import Mapping
from contextlib import suppress

from squall.errors import HarnessFailed
from squall.platforms.processes.envoy import Envoy, checks
from squall.platforms.processes.programs import Layout
from squall.platforms.processes.spec import Spec
from squall.platforms.processes.supervisor_config import START_RETRIES, START_SECONDS
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.processes.wheels import version
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.system.local import Local


def versions(local: Local, layout: Layout, supervisord: Supervisord) -> Mapping[str, str]:
    """Return the versions as the programs themselves say them."""
    said = {"python": platform.python_version(), "kernel": platform.release(), "supervisor": supervisord.version()}
    for kind in sorted({store.kind for store in local.stores.values()}):
        said[kind] = version(kind)
    for front, admin in layout.admins.items():
        envoy = Envoy(admin)
        with suppress(HarnessFailed):
            said[f"envoy ({front})" if len(layout.admins) > 1 else "envoy"] = envoy.version()
        envoy.close()
    return said


def tuning(layout: Layout) -> Mapping[str, str]:
    """Return how readiness is found out and how crashes are answered: the floors of detection and recovery."""
    said = {"supervisord": f"up after {START_SECONDS} s, {START_RETRIES} tries, each pause 1 s longer than the last"}
    for text in layout.configurations.values():
        said |= {f"readiness of {cluster}": how for cluster, how in checks(text).items() if cluster in layout.fronted}
    return said


def baseline(state: InstanceFolder, layout: Layout, supervisord: Supervisord) -> Mapping[str, str]:
    """Return which processes are run, and how the servers are configured."""
    fields = {"processes": ", ".join(sorted(supervisord.processes()))}
    for path in (state.configuration, *layout.configurations):
        text = path.read_bytes() if path.exists() else b""
        fields[f"{path.name}"] = hashlib.sha256(text).hexdigest()[:16] if text else ""
    for name, process in layout.processes.items():
        if process.spec.revision:
            fields[f"version of {name}"] = Spec.read(state.spec(name)).revision
    return fields
