"""The compose file that is laid over the user's: labels on all that is made, one port on 127.0.0.1, names of our own.

Pure: it reads what ``docker compose config`` says and returns text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from squall.agent.scope.docker_scope import RUN
from squall.platforms.containers.project import Project
from squall.system.compose import Compose

Config = Mapping[str, Any]
HOST = "127.0.0.1"


def problems(config: Config, section: Compose) -> Iterator[str]:
    """Yield what keeps a project of its own from being made of this configuration, or makes it useless."""
    services = config.get("services") or {}
    known = ", ".join(sorted(services)) or "none"
    for name, container in section.services.items():
        if container.service not in services:
            yield f'{name}: there is no service "{container.service}" in the compose file (there: {known})'
    for name, service in services.items():
        if service.get("network_mode") == "host":
            yield f"service {name}: network_mode host reaches beyond the run's own project: leave it out"
    for part in ("networks", "volumes"):
        for name, described in (config.get(part) or {}).items():
            if (described or {}).get("external"):
                yield f"{part}.{name}: it is external, so it is not the run's to harm or to remove: define it here"
    users = section.services[section.users.service].service
    if (count := wanted(config, users)) != 1:
        yield f"service {users}: users reach one container, not {count}: let them reach a proxy in front of it"


def wanted(config: Config, service: str) -> int:
    """Return how many containers a service is to have."""
    described = (config.get("services") or {}).get(service) or {}
    replicas = (described.get("deploy") or {}).get("replicas")
    scale = described.get("scale", 1 if replicas is None else replicas)
    return int(scale if replicas is None else replicas)


def ports(config: Config, section: Compose, service: str) -> list[int]:
    """Return the TCP ports at which a service's containers answer: what the two files say of them."""
    own = section.services[service]
    described = (config.get("services") or {}).get(own.service) or {}
    said = {int(each["target"]) for each in described.get("ports") or () if each.get("protocol", "tcp") == "tcp"}
    said |= {int(port) for each in described.get("expose") or () if (port := str(each).partition("/")[0]).isdigit()}
    said |= {own.metrics} if own.metrics else set()
    said |= {section.users.port} if section.users.service == service else set()
    said |= {section.stores[service].listens} if service in section.stores else set()
    return sorted(said)


def led(section: Compose) -> list[tuple[str, int]]:
    """Return to which ports of which services one of this machine leads: the users' first, then each store's."""
    stores = ((section.services[name].service, store.listens) for name, store in section.stores.items())
    return [(section.services[section.users.service].service, section.users.port), *stores]


def overlay(config: Config, section: Compose, project: Project, numbers: Sequence[int]) -> str:
    """Return the file, for free ports of this machine that lead where ``led`` says.

    What a compose file publishes for people would be taken while they have it running: only these are.
    """
    lines, leading = ["services:"], list(zip(numbers, led(section), strict=True))
    for name in config.get("services") or {}:
        own = [f'"{HOST}:{number}:{to}"' for number, (whose, to) in leading if whose == name]
        published = f"!override [{', '.join(own)}]" if own else "!reset []"
        lines += [f"  {json.dumps(name)}:", *_labels(project, 4), "    container_name: !reset null"]
        lines += [f"    ports: {published}"]
    for part in ("networks", "volumes"):
        named = config.get(part) or {}
        lines += [f"{part}:"] if named else []
        for name in named:
            whole = json.dumps(f"{project.name}_{name}")
            lines += [f"  {json.dumps(name)}:", f"    name: {whole}", *_labels(project, 4)]
    return "\n".join(lines) + "\n"


def _labels(project: Project, indent: int) -> list[str]:
    # Compose puts values in the place of what follows a dollar.
    return [f"{' ' * indent}labels: {{{json.dumps(RUN)}: {json.dumps(project.run.replace('$', '$$'))}}}"]
