"""From a system's ``local`` section to the processes that are to run. Pure: nothing is started or written here."""

import json
import shlex
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from squall.errors import Misuse
from squall.platforms.processes import stores
from squall.platforms.processes.envoy import with_admin
from squall.platforms.processes.revision import FIRST
from squall.platforms.processes.spec import Spec
from squall.platforms.processes.wheels import program as wheel
from squall.platforms.this_machine.ports import HOST
from squall.process.python import module_command
from squall.system.local import PLACEHOLDER, Local, Program

# After the signal to stop, before SIGKILL.
STORE_GRACE = 15.0
FRONT_GRACE = 5.0
# What no service is called: proxies are none.
PROXIES = "(proxies)"


@dataclass(frozen=True, slots=True)
class PlannedProcess:
    """One process: an instance of a service.

    ``ready`` is the path that answers 200 when it can be given work (None: it is ready when it listens); ``first``
    says that it is up before the others are started. ``proxy`` is the port that others know it by, if a proxy is in
    front of it (else 0).
    """

    service: str
    name: str
    port: int
    spec: Spec
    ready: str | None = None
    grace: float = 10.0
    signal: str = "TERM"
    first: bool = False
    proxy: int = 0

    @property
    def reached(self) -> int:
        """The port that others reach it at."""
        return self.proxy or self.port


@dataclass(frozen=True, slots=True)
class Layout:
    """All that runs: processes by name, Envoy's configuration and admin socket by front, and what is behind each.

    ``secrets`` are files that only this user can read.
    """

    processes: Mapping[str, PlannedProcess]
    configurations: Mapping[Path, str]
    secrets: Mapping[Path, str]
    admins: Mapping[str, Path]
    fronted: frozenset[str]

    def of(self, service: str) -> Sequence[PlannedProcess]:
        """Return a service's processes, by name."""
        return [process for process in self.processes.values() if process.service == service]


def ports_needed(local: Local, proxied: Collection[str] = ()) -> int:
    """Return how many ports the processes listen on, with proxies in front of some services."""
    return sum(_count(local, name) * (1 + (name in proxied)) for name in _services(local))


def laid_out(local: Local, folder: Path, state: Path, ports: Sequence[int], password: str,
            proxied: Collection[str] = ()) -> Layout:  # fmt: skip
    """Return what is to run: ``folder`` is the system's, ``state`` the platform instance's own.

    ``password`` is that of all of its stores.

    Each process of the services ``proxied`` has a proxy in front of it, and others know that alone.

    Raises:
        Misuse: a file is not there, or a placeholder in it is not known.
    """
    free = iter(ports)
    taken = {service: [next(free) for _ in range(_count(local, service))] for service in _services(local)}
    admins = {front: state / "fronts" / f"{front}.sock" for front in local.fronts}
    reached = {name: [next(free) if name in proxied else port for port in numbers] for name, numbers in taken.items()}
    known = {"python": sys.executable, **_known(local, reached, password)}
    work = (folder / local.folder).resolve()
    processes = [*_stores(local, folder, state, taken), *_programs(local.programs, work, taken, known)]
    configurations, fronted = {}, set[str]()
    for name, front in local.fronts.items():
        template = _read(folder / front.envoy)
        own = {**known, "port": str(taken[name][0]), "admin": "0", **_for_envoy(local, reached)}
        path = state / "fronts" / f"{name}.yaml"
        configurations[path] = _configuration(template, own, admins[name], folder / front.envoy)
        fronted |= {service for service in local.programs if f"${{{service}.endpoints}}" in template}
        processes.append(_front(name, taken[name][0], path))
    in_front = {
        port: at for name in taken if name in proxied for port, at in zip(taken[name], reached[name], strict=True)
    }
    behind = [replace(each, proxy=in_front.get(each.port, 0)) for each in processes]
    every = [*behind, *(_proxy(each, state) for each in behind if each.proxy)]
    secrets = {_secret(state, name): stores.secret(store, password) for name, store in local.stores.items()}
    return Layout({process.name: process for process in every}, configurations, secrets, admins, frozenset(fronted))


def proxy_socket(state: Path, name: str) -> Path:
    """Return where the proxy in front of a process takes orders."""
    return state / "proxies" / f"{name}.sock"


def filled(text: str, known: Mapping[str, str], where: str) -> str:
    """Return a text with its placeholders filled. Raises Misuse for one that is not known."""
    for number, line in enumerate(text.splitlines(), start=1):
        for placeholder in PLACEHOLDER.findall(line):
            if placeholder not in known:
                raise Misuse(f"{where}:{number}: unknown placeholder ${{{placeholder}}}")
    return PLACEHOLDER.sub(lambda found: known[found[1]], text)


def _services(local: Local) -> list[str]:
    return [*local.stores, *local.programs, *local.fronts]


def _count(local: Local, service: str) -> int:
    return local.programs[service].count if service in local.programs else 1


def _known(local: Local, taken: Mapping[str, Sequence[int]], password: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for service, numbers in taken.items():
        url = f"http://{HOST}:{numbers[0]}"
        if service in local.stores:
            url = stores.url(local.stores[service], numbers[0], password)
        known |= {f"{service}.port": str(numbers[0]), f"{service}.url": url}
    return known


def _for_envoy(local: Local, taken: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Return what only Envoy's configuration needs; JSON is YAML too."""
    known: dict[str, str] = {}
    for name, program in local.programs.items():
        addresses = [{"socket_address": {"address": HOST, "port_value": port}} for port in taken[name]]
        known[f"{name}.endpoints"] = json.dumps([{"endpoint": {"address": address}} for address in addresses])
        known[f"{name}.ready"] = program.ready or "/"
    return known


def _programs(
    programs: Mapping[str, Program], work: Path, taken: Mapping[str, Sequence[int]], known: Mapping[str, str]
) -> Iterator[PlannedProcess]:
    for service, program in programs.items():
        for number, port in enumerate(taken[service]):
            name = f"{service}-{number}"
            own = {**known, "name": name, "number": str(number), "port": str(port)}
            command = [filled(word, own, f"the command of {service}") for word in shlex.split(program.command)]
            environment = {key: filled(text, own, f"{key} of {service}") for key, text in program.environment.items()}
            spec = Spec(command, environment, str(work), revision=FIRST)
            yield PlannedProcess(service, name, port, spec, program.ready, program.grace)


def _stores(local: Local, folder: Path, state: Path, taken: Mapping[str, Sequence[int]]) -> Iterator[PlannedProcess]:
    for service, store in local.stores.items():
        name, port = f"{service}-0", taken[service][0]
        fill = (folder / store.fill).resolve() if store.fill is not None else None
        if fill is not None and not fill.is_file():
            raise Misuse(f"there is no file {fill} to fill {service} with")
        spec = stores.spec(store, state / "stores" / service, port, fill, _secret(state, service))
        yield PlannedProcess(service, name, port, spec, None, STORE_GRACE, stores.STOP[store.kind], first=True)


def _configuration(template: str, known: Mapping[str, str], admin: Path, where: Path) -> str:
    try:
        return with_admin(filled(template, known, str(where)), admin)
    except (yaml.YAMLError, TypeError, AttributeError) as error:
        raise Misuse(f"{where}: it is no configuration of Envoy's: {' '.join(str(error).split())}") from error


def _secret(state: Path, store: str) -> Path:
    return state / "specs" / f"{store}.secret"


def _front(service: str, port: int, path: Path) -> PlannedProcess:
    command = [str(wheel("envoy")), "--config-path", str(path), "--concurrency", "1"]
    command += ["--disable-hot-restart", "--log-level", "warning"]
    return PlannedProcess(service, f"{service}-0", port, Spec(command, {}, str(path.parent)), None, FRONT_GRACE)


def _proxy(behind: PlannedProcess, state: Path) -> PlannedProcess:
    command = module_command("squall.agent.proxy.fixed", behind.proxy, behind.port)
    spec = Spec([*command, str(proxy_socket(state, behind.name))], {}, str(state))
    return PlannedProcess(PROXIES, f"{behind.name}-proxy", behind.proxy, spec, None, FRONT_GRACE, first=True)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise Misuse(f"reading {path}: {error.strerror}") from error
