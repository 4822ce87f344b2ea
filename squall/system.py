"""``system.yaml`` as typed values. Unknown keys and wrong types are refused with their line; nothing is guessed."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from squall.errors import Misuse
from squall.gauge import Gauge
from squall.record import Objective
from squall.units import Duration, Percent, Rate

Path_ = tuple[str | int, ...]

# Besides its own errors PyYAML lets plain ones through, for values that their tag does not admit (!!int x, a date of
# the 99th) and for what is nested too deeply or holds itself.
_UNTOLD = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Latency(_Strict):
    """A percentile of latency and its limit."""

    percentile: Annotated[float, Field(gt=0, lt=100)] = 95
    limit: Duration


class Objectives(_Strict):
    """When users are served well: the share of requests that succeed, and their latency."""

    success: Percent
    latency: Latency

    def values(self) -> Objective:
        """Return them as the record holds them: %, percentile, milliseconds."""
        return Objective(self.success, self.latency.percentile, self.latency.limit * 1000)


class Steady(_Strict):
    """How the steady state is required: over ``window`` before harm, for ``hold`` after; waited for ``patience``."""

    window: Duration = 10.0
    hold: Duration = 5.0
    patience: Duration = 30.0


class Load(_Strict):
    """What users do: a locustfile (path from the repository's root), the normal rate and when a user gives up."""

    locustfile: Path
    rate: Rate
    timeout: Duration = 2.0
    max_in_flight: Annotated[int, Field(ge=1)] = 500


class Probe(_Strict):
    """The prober's own request: a path that is safe to GET; ``connections`` are kept in the reused lane."""

    path: Annotated[str, Field(pattern="^/")]
    rate: Rate = 50.0
    timeout: Duration = 1.0
    connections: Annotated[int, Field(ge=1)] = 6


GaugeName = Annotated[str, Field(pattern=r'^[^\s"]([^"\n]*[^\s"])?$')]


class Service(_Strict):
    """A named part of the system, and its gauges by the names that sentences call them."""

    about: str = ""
    gauges: Mapping[GaugeName, Gauge] = {}


class Workload(_Strict):
    """Where a service runs in a cluster: ``deployment/NAME`` or ``statefulset/NAME``, and its Kubernetes Service.

    ``metrics`` is the port of its gauges, if that is not the first port of its containers.
    """

    workload: Annotated[str, Field(pattern=r"^(deployment|statefulset)/[a-z0-9][a-z0-9.-]*$")]
    service: str | None = None
    metrics: Annotated[int, Field(ge=1, le=65535)] | None = None


class Cluster(_Strict):
    """The system on Kubernetes: namespace, users' URL, and the kustomize folder that deploys it (from the system's)."""

    namespace: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    url: Annotated[str, Field(pattern="^https?://")]
    kustomize: Path
    services: Mapping[str, Workload]
    weaknesses: Mapping[str, Path] = {}
    ready_within: Duration = 120.0


# What stands for a value that is known only at the start: ``${port}``, ``${postgres.url}``.
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
OWN = frozenset({"python", "name", "number", "port"})
OTHERS = frozenset({"port", "url"})


def _command(text: str) -> str:
    if not shlex.split(text):
        raise ValueError("there is no command")
    return text


def _text(value: object) -> object:
    # YAML reads 0.05 and 8080 as numbers; an environment holds texts.
    return str(value) if type(value) in {int, float} else value


Command = Annotated[str, AfterValidator(_command)]
Environment = Mapping[
    Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")], Annotated[str, BeforeValidator(_text)]
]
HttpPath = Annotated[str, Field(pattern="^/")]
Count = Annotated[int, Field(ge=1, le=40)]


class Program(_Strict):
    """A service as ``count`` processes of one command (words as in a shell, but no shell), each on a port of its own.

    ``ready`` answers 200 once a process can be given work; without it a process is ready when it listens. ``grace``
    is how long it may take to stop. Placeholders in command and environment: ``${python}``, ``${name}``, ``${number}``
    and ``${port}`` of the process, ``${SERVICE.port}`` and ``${SERVICE.url}`` of another.
    """

    command: Command
    count: Count = 1
    environment: Environment = {}
    ready: HttpPath | None = None
    grace: Duration = 10.0


class Store(_Strict):
    """A store from a wheel, empty at each start. ``fill`` is SQL for PostgreSQL; ``options`` go to the server."""

    kind: Literal["postgres", "valkey"]
    fill: Path | None = None
    options: tuple[str, ...] = ()


class Front(_Strict):
    """Envoy with a configuration from the system's folder. Its gauges are asked of its admin port.

    Placeholders in it: ``${port}`` for users, ``${admin}`` for its admin port, ``${SERVICE.endpoints}`` for the
    processes of a program as ``lb_endpoints``, ``${SERVICE.ready}`` for the program's path.
    """

    envoy: Path


class Change(_Strict):
    """What a weakness changes of a program; its environment is added to the program's."""

    command: Command | None = None
    count: Count | None = None
    environment: Environment = {}
    ready: HttpPath | None = None
    grace: Duration | None = None


class Local(_Strict):
    """The system as processes of this machine. ``users`` is the service that they reach; commands run in ``folder``."""

    users: str
    folder: Path = Path()
    programs: Mapping[str, Program]
    stores: Mapping[str, Store] = {}
    fronts: Mapping[str, Front] = {}
    weaknesses: Mapping[str, Mapping[str, Change]] = {}
    ready_within: Duration = 30.0

    def places(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield where each service is named, and its name."""
        yield ("users",), self.users
        for part in ("programs", "stores", "fronts"):
            yield from (((part, name), name) for name in getattr(self, part))

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what cannot mean anything, and where."""
        known = {name for at, name in self.places() if len(at) > 1}
        if self.users not in known:
            yield ("users",), f'"{self.users}" is none of the programs, stores and fronts'
        for name in sorted(self.programs.keys() & self.stores | self.programs.keys() & self.fronts
                           | self.stores.keys() & self.fronts):  # fmt: skip
            yield ("stores" if name in self.stores else "fronts", name), "is described twice"
        for weakness, changes in self.weaknesses.items():
            for name in changes.keys() - self.programs.keys():
                yield ("weaknesses", weakness, name), "is not one of the programs"
        for at, text in self._texts():
            for placeholder in PLACEHOLDER.findall(text):
                service, _, what = placeholder.rpartition(".")
                if placeholder not in OWN and not (service in known and what in OTHERS):
                    yield at, f"${{{placeholder}}} stands for nothing"

    def _texts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        parts: list[tuple[tuple[str, ...], Program | Change]] = [
            (("programs", name), program) for name, program in self.programs.items()
        ]
        for weakness, changes in self.weaknesses.items():
            parts += [(("weaknesses", weakness, name), change) for name, change in changes.items()]
        for at, part in parts:
            yield (*at, "command"), part.command or ""
            yield from (((*at, "environment", key), text) for key, text in part.environment.items())


class Platforms(_Strict):
    """Where the system can run."""

    kind: Cluster | None = None
    local: Local | None = None


class System(_Strict):
    """A system under test."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    about: str = ""
    objectives: Objectives
    steady: Steady = Steady()
    load: Load
    probe: Probe
    services: Mapping[str, Service]
    platforms: Platforms
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a ``system.yaml``.

        Raises:
            Misuse: naming the line of each thing that is wrong.
        """
        try:
            text = path.read_text("utf-8")
            root = yaml.compose(text, yaml.SafeLoader)
            lines, twice = _lines(root), _repeated(root)
            data = yaml.safe_load(text)
        except OSError as error:
            raise Misuse(f"reading {path}: {error.strerror}") from error
        except (yaml.YAMLError, *_UNTOLD) as error:
            mark = getattr(error, "problem_mark", None)
            raise Misuse(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {_reason(error)}") from error
        if twice:
            raise Misuse("\n".join(f"{path}:{line}: {' '.join(key.split())}: stands here twice" for line, key in twice))
        if isinstance(data, dict) and "folder" in data:
            raise Misuse(f"{path}:{lines.get(('folder',), 1)}: folder: there is no such key")
        try:
            system = cls.model_validate(data)
        except ValidationError as error:
            raise Misuse("\n".join(f"{path}:{_line(lines, e['loc'])}: {_say(e)}" for e in error.errors())) from error
        system.check_services(path, lines)
        return system.model_copy(update={"folder": path.parent.resolve()})

    def check_services(self, path: Path, lines: Mapping[Path_, int]) -> None:
        """Raise Misuse if a platform places a service that the system does not name, or in a way of no meaning."""
        kind, local = self.platforms.kind, self.platforms.local
        named: list[tuple[tuple[str, ...], str]]
        named = [(("kind", "services", name), name) for name in (kind.services if kind else ())]
        named += [(("local", *at), name) for at, name in (local.places() if local else ())]
        problems = [(at, "not one of the services above") for at, name in named if name not in self.services]
        problems = problems or [(("local", *at), problem) for at, problem in (local.problems() if local else ())]
        if problems:
            raise Misuse("\n".join(
                f"{path}:{_line(lines, ('platforms', *at))}: platforms.{'.'.join(at)}: {why}" for at, why in problems
            ))  # fmt: skip


def find_system(name: str, base: Path) -> System:
    """Return the system of that name among ``scenarios/*/system.yaml`` under ``base``.

    Raises:
        Misuse: there is none; the names that are there are listed.
    """
    found = {}
    for path in sorted(base.glob("scenarios/*/system.yaml")):
        system = System.read(path)
        if system.name == name:
            return system
        found[system.name] = path
    known = ", ".join(sorted(found)) or f"no scenarios/*/system.yaml under {base}"
    raise Misuse(f'there is no system "{name}" (known: {known})')


def _lines(node: yaml.Node | None, at: Path_ = ()) -> dict[Path_, int]:
    if node is None:
        return {}
    lines = {at: node.start_mark.line + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines |= _lines(value, (*at, str(key.value)))
            lines[(*at, str(key.value))] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*at, str(index)))
    return lines


def _repeated(node: yaml.Node | None) -> list[tuple[int, str]]:
    """Return the line and name of each key that its mapping has already: YAML would keep the last, silently."""
    if not isinstance(node, yaml.CollectionNode):
        return []
    found: list[tuple[int, str]] = []
    pairs = node.value if isinstance(node, yaml.MappingNode) else [(None, item) for item in node.value]
    keys: set[str] = set()
    for key, value in pairs:
        if isinstance(key, yaml.ScalarNode):
            found += [(key.start_mark.line + 1, key.value)] if key.value in keys else []
            keys.add(key.value)
        found += _repeated(value)
    return found


def _reason(error: Exception) -> str:
    """Say in one line what the reader of YAML did not like."""
    told = getattr(error, "problem", None) or getattr(error, "reason", None)
    return " ".join(str(told or f"a value that cannot be read ({type(error).__name__})").split())


def _line(lines: Mapping[Path_, int], at: Path_) -> int:
    at = tuple(str(part) for part in at)
    # A missing key has no line: the thing that should hold it has.
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)


def _say(error: Mapping[str, object]) -> str:
    loc = error["loc"]
    where = ".".join(str(part) for part in loc) if isinstance(loc, tuple) else str(loc)
    message = " ".join(str(error["msg"]).removeprefix("Value error, ").split())
    message = "there is no such key" if error["type"] == "extra_forbidden" else message
    return f"{' '.join(where.split()) or 'system.yaml'}: {message}"


def line_of(path: Path, *at: str) -> int:
    """Return the line of a key in a system file that could be read; of what should hold it, if it is not there."""
    return _line(_lines(yaml.compose(path.read_text("utf-8"), yaml.SafeLoader)), at)
