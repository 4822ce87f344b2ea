"""``system.yaml`` as typed values. Unknown keys and wrong types are refused with their line; nothing is guessed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from squall.errors import Misuse
from squall.record import Objective
from squall.units import Duration, Percent, Rate

Path_ = tuple[str | int, ...]


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


class Service(_Strict):
    """A named part of the system."""

    about: str = ""


class Workload(_Strict):
    """Where a service runs in a cluster: ``deployment/NAME`` or ``statefulset/NAME``, and its Kubernetes Service."""

    workload: Annotated[str, Field(pattern=r"^(deployment|statefulset)/[a-z0-9][a-z0-9.-]*$")]
    service: str | None = None


class Cluster(_Strict):
    """The system on Kubernetes: namespace, users' URL, and the kustomize folder that deploys it (from the system's)."""

    namespace: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    url: Annotated[str, Field(pattern="^https?://")]
    kustomize: Path
    services: Mapping[str, Workload]
    weaknesses: Mapping[str, Path] = {}
    ready_within: Duration = 120.0


class Platforms(_Strict):
    """Where the system can run."""

    kind: Cluster | None = None


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
            text = path.read_text()
            data, lines = yaml.safe_load(text), _lines(yaml.compose(text))
        except OSError as error:
            raise Misuse(f"reading {path}: {error.strerror}") from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{path}:{mark.line + 1}" if mark else str(path)
            raise Misuse(f"{where}: not YAML: {getattr(error, 'problem', error)}") from error
        if isinstance(data, dict) and "folder" in data:
            raise Misuse(f"{path}:{lines.get(('folder',), 1)}: folder: there is no such key")
        try:
            system = cls.model_validate(data)
        except ValidationError as error:
            raise Misuse("\n".join(f"{path}:{_line(lines, e['loc'])}: {_say(e)}" for e in error.errors())) from error
        system.check_services(path, lines)
        return system.model_copy(update={"folder": path.parent.resolve()})

    def check_services(self, path: Path, lines: Mapping[Path_, int]) -> None:
        """Raise Misuse if a platform places a service that the system does not name."""
        for platform, cluster in (("kind", self.platforms.kind),):
            for name in cluster.services if cluster else ():
                if name not in self.services:
                    line = _line(lines, ("platforms", platform, "services", name))
                    raise Misuse(f"{path}:{line}: platforms.{platform}.services.{name}: not one of the services above")


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
            lines |= _lines(value, (*at, key.value))
            lines[(*at, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines |= _lines(value, (*at, index))
    return lines


def _line(lines: Mapping[Path_, int], at: Path_) -> int:
    # A missing key has no line: the thing that should hold it has.
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)


def _say(error: Mapping[str, object]) -> str:
    loc = error["loc"]
    where = ".".join(str(part) for part in loc) if isinstance(loc, tuple) else str(loc)
    message = str(error["msg"]).removeprefix("Value error, ")
    message = "there is no such key" if error["type"] == "extra_forbidden" else message
    return f"{where}: {message}"
