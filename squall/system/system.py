"""``system.yaml`` as typed values. Unknown keys and wrong types are refused with their line; nothing is guessed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from squall.errors import Misuse
from squall.record.plan import Objective
from squall.system.alerts import Alertmanager, AlertTable
from squall.system.cluster import AllowedCluster, Cluster
from squall.system.compose import Compose
from squall.system.gauge import Gauge
from squall.system.local import Local
from squall.system.strict import Strict, read_strict
from squall.system.yaml_lines import KeyPath, line_at
from squall.units import Duration, Percent, Rate, percent


class Latency(Strict):
    """A percentile of latency and its limit."""

    percentile: Annotated[float, Field(gt=0, lt=100)] = 95
    limit: Duration


class Objectives(Strict):
    """When users are served well: the share of requests that succeed, and their latency."""

    success: Percent
    latency: Latency

    def values(self) -> Objective:
        """Return them as the record holds them: %, percentile, milliseconds."""
        return Objective(self.success, self.latency.percentile, self.latency.limit * 1000)


def _written(value: object) -> object:
    return str(value) if type(value) is int else value


class Steady(Strict):
    """How the steady state is required: over ``window`` before harm, for ``hold`` after; waited for ``patience``."""

    window: Duration = 10.0
    hold: Duration = 5.0
    patience: Duration = 30.0


class Degraded(Strict):
    """How an answer says that a fallback gave it: by a ``header``, or by the key ``body`` of its JSON.

    With ``value`` it must be just that; without, any value but an empty one, 0, false or null will do.
    """

    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    body: Annotated[str, Field(min_length=1)] | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.header is None) == (self.body is None):
            raise ValueError("name either a header or a key of the body")
        return self


Connections = Annotated[str, Field(pattern=r"^(new|kept|[1-9][0-9]*)$"), BeforeValidator(_written)]


class UserLoad(Strict):
    """What users do: a locustfile (path from the repository's root), the normal rate and when a user gives up.

    ``at_most`` is the highest rate that a scenario may send; without it every rate is permitted. ``connections`` says
    how users connect: each a ``new`` one (who comes is led as a newcomer is), all over ``kept`` ones as one client with
    a pool does, or over a number of kept ones in turn. ``arguments`` are those of Locust's command line, as
    ``self.environment.parsed_options`` shows them: ``[--page, /new]``.
    ``degraded`` is the mark of a fallback's answers.
    """

    locustfile: Path
    rate: Rate
    at_most: Rate | None = None
    timeout: Duration = 2.0
    max_in_flight: Annotated[int, Field(ge=1)] = 500
    connections: Connections = "new"
    arguments: tuple[str, ...] = ()
    degraded: Degraded | None = None


class Tls(Strict):
    """Whom load and prober believe to be the system: by certificates in the file ``ca``, or, ``insecure``, anyone."""

    ca: Path | None = None
    insecure: bool = False

    def ca_file(self, root: Path) -> str:
        """Return the file of certificates by its full path from the repository's root; empty: the machine's own.

        Raises:
            Misuse: there is none.
        """
        if self.ca is None:
            return ""
        if not (file := root.absolute() / self.ca).is_file():
            raise Misuse(f"tls.ca of the system file: there is no {file}")
        return str(file)


class Probe(Strict):
    """The prober's own request: a path that is safe to GET; ``connections`` are kept in the reused lane."""

    path: Annotated[str, Field(pattern="^/")]
    rate: Rate = 50.0
    timeout: Duration = 1.0
    connections: Annotated[int, Field(ge=1)] = 6


GaugeName = Annotated[str, Field(pattern=r'^[^\s"]([^"\n]*[^\s"])?$')]


def _at_most(value: object) -> object:
    if type(value) in {int, str} and str(value).isdecimal():
        return str(value)
    if not (isinstance(value, str) and value.endswith("%")):
        raise ValueError(f"{value!r} is neither a number of instances nor a share of them; write 1 or 50%")
    percent(value)
    return value


HarmAtMost = Annotated[str, BeforeValidator(_at_most)]


class Service(Strict):
    """A named part of the system, and its gauges by the names that sentences call them.

    ``harm_at_most`` is how many of its instances may be harmed at once: a number, or a share such as 50%.
    """

    about: str = ""
    harm_at_most: HarmAtMost | None = None
    gauges: Mapping[GaugeName, Gauge] = {}


class Platforms(Strict):
    """Where the system can run."""

    kind: Cluster | None = None
    kubernetes: AllowedCluster | None = None
    local: Local | None = None
    compose: Compose | None = None

    def clusters(self) -> Mapping[str, Cluster]:
        """Return the sections about clusters that are there, by the platform's name."""
        found = {"kind": self.kind, "kubernetes": self.kubernetes}
        return {name: section for name, section in found.items() if section is not None}

    def alertmanager(self, name: str) -> Alertmanager | None:
        """Return the Alertmanager of the platform of that name; None: alerts are not silenced."""
        section = self.sections().get(name)
        return None if section is None else section.alertmanager

    def sections(self) -> Mapping[str, Cluster | Local | Compose]:
        """Return all sections that are there, by the platform's name."""
        found = {**self.clusters(), "local": self.local, "compose": self.compose}
        return {name: section for name, section in found.items() if section is not None}


class Twin(Strict):
    """The same scenario (by its title) with one weakness, and the claim (by its sentence) that has to break then.

    A scenario that holds shows little until it is seen to break: ``squall power`` runs both.
    """

    scenario: Annotated[str, Field(min_length=1)]
    weakness: Annotated[str, Field(min_length=1)]
    breaks: Annotated[str, Field(min_length=1)]


class System(Strict):
    """A system under test.

    ``restore_order`` names the tiers in which a complete outage is brought back, each ready before the next.
    ``harm_at_most`` is for the services that do not say it, ``lasts_at_most`` how long a harm may last.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    about: str = ""
    objectives: Objectives
    steady: Steady = Steady()
    load: UserLoad
    probe: Probe
    tls: Tls = Tls()
    services: Mapping[str, Service]
    alerts: AlertTable | None = None
    harm_at_most: HarmAtMost | None = None
    lasts_at_most: Annotated[Duration, Field(le=3000)] = 600.0
    platforms: Platforms
    twins: tuple[Twin, ...] = ()
    restore_order: tuple[tuple[str, ...], ...] = ()
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a ``system.yaml``.

        Raises:
            Misuse: naming the line of each thing that is wrong.
        """
        system, lines = read_strict(cls, path, reserved="folder")
        system.check_services(path, lines)
        system.check_order(path, lines)
        system.check_alerts(path, lines)
        system.check_twins(path, lines)
        return system.model_copy(update={"folder": path.parent.resolve()})

    @property
    def root(self) -> Path:
        """The project's folder, which locustfiles are relative to: systems are in ``scenarios/NAME`` below it."""
        return self.folder.parents[1]

    @property
    def tiers(self) -> tuple[tuple[str, ...], ...]:
        """All services in the order in which they are brought back; what ``restore_order`` leaves out comes last."""
        named = {service for tier in self.restore_order for service in tier}
        rest = tuple(service for service in self.services if service not in named)
        return (*self.restore_order, rest) if rest else self.restore_order

    def check_order(self, path: Path, lines: Mapping[KeyPath, int]) -> None:
        """Raise Misuse if the order of restoration names what is not there, or something twice."""
        named = [service for tier in self.restore_order for service in tier]
        at = f"{path}:{line_at(lines, ('restore_order',))}: restore_order: "
        problems = [f"{at}{name} is not one of the services" for name in named if name not in self.services]
        problems += [f"{at}{name} is named twice" for name in sorted({n for n in named if named.count(n) > 1})]
        if problems:
            raise Misuse("\n".join(problems))

    def check_alerts(self, path: Path, lines: Mapping[KeyPath, int]) -> None:
        """Raise Misuse if a rule reads a gauge that the system does not name."""
        problems = []
        for name, rule in self.alerts.rules.items() if self.alerts else ():
            for service, gauges in rule.services().items():
                known = self.services[service].gauges if service in self.services else {}
                missing = [gauge for gauge in gauges if gauge not in known]
                if missing or service not in self.services:
                    at = f"{path}:{line_at(lines, ('alerts', 'rules', name))}: alerts.rules.{name}: "
                    listed = ", ".join(known) or "none"
                    what = f'no gauge "{missing[0]}" (it has: {listed})' if service in self.services else "no such name"
                    problems.append(f'{at}the service "{service}" has {what}')
        if problems:
            raise Misuse("\n".join(problems))

    def check_twins(self, path: Path, lines: Mapping[KeyPath, int]) -> None:
        """Raise Misuse if a twin has a weakness that no platform has, or is there twice."""
        known = {name for section in self.platforms.sections().values() for name in section.weaknesses}
        listed, problems = ", ".join(sorted(known)) or "none", []
        for number, twin in enumerate(self.twins):
            at = f"{path}:{line_at(lines, ('twins', number))}: twins: "
            if twin.weakness not in known:
                problems.append(f'{at}there is no weakness "{twin.weakness}" (known: {listed})')
            if (twin.scenario, twin.weakness) in {(each.scenario, each.weakness) for each in self.twins[:number]}:
                problems.append(f'{at}"{twin.scenario}" has the twin "{twin.weakness}" twice')
        if problems:
            raise Misuse("\n".join(problems))

    def check_services(self, path: Path, lines: Mapping[KeyPath, int]) -> None:
        """Raise Misuse if a platform places a service that the system does not name, or in a way of no meaning."""
        clusters, local, compose = self.platforms.clusters(), self.platforms.local, self.platforms.compose
        named: list[tuple[tuple[str, ...], str]]
        named = [((on, "services", name), name) for on, section in clusters.items() for name in section.services]
        named += [((on, "stores", name), name) for on, section in clusters.items() for name in section.stores]
        named += [(("local", *at), name) for at, name in (local.places() if local else ())]
        named += [(("compose", "services", name), name) for name in (compose.services if compose else ())]
        problems = [(at, "not one of the services above") for at, name in named if name not in self.services]
        problems = problems or [
            ((name, *at), problem) for name, one in self.platforms.sections().items() for at, problem in one.problems()
        ]
        if problems:
            raise Misuse("\n".join(
                f"{path}:{line_at(lines, ('platforms', *at))}: platforms.{'.'.join(at)}: {why}" for at, why in problems
            ))  # fmt: skip


def find_system(name: str, base: Path) -> System:
    """Return the system of that name among ``scenarios/*/system.yaml`` under ``base``.

    A file that cannot be read is in nobody's way, unless the system may be the one that is meant.

    Raises:
        Misuse: there is none, and the names that are there are listed; there are two; or its file cannot be read.
    """
    found: dict[str, list[tuple[Path, System]]] = {}
    unread: dict[Path, Misuse] = {}
    for path in sorted(base.glob("scenarios/*/system.yaml")):
        try:
            system = _read(path, path.stat().st_mtime_ns)
        except Misuse as error:
            unread[path] = error
        else:
            found.setdefault(system.name, []).append((path, system))
    return _only(name, found, unread, base)


def _only(
    name: str, found: Mapping[str, Sequence[tuple[Path, System]]], unread: Mapping[Path, Misuse], base: Path
) -> System:
    meant = found.get(name, [])
    if len(meant) > 1:
        raise Misuse(f'two files describe a system "{name}": {", ".join(str(path) for path, _ in meant)}; rename one')
    if meant:
        return meant[0][1]
    for path, error in unread.items():
        if path.parent.name == name or name in path.read_text("utf-8", errors="replace"):
            raise error
    known = ", ".join(sorted(found)) or ("none" if unread else f"no scenarios/*/system.yaml under {base}")
    others = f"; cannot be read: {', '.join(map(str, unread))}" if unread else ""
    raise Misuse(f'there is no system "{name}" (known: {known}){others}')


def systems_here() -> Iterator[System]:
    """Yield the systems of the project in whose folder we are, as far as their files can be read."""
    for path in sorted(Path.cwd().glob("scenarios/*/system.yaml")):
        with suppress(Misuse, OSError):
            yield _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, changed: int) -> System:
    """Read a file once as long as it is not changed: each scenario of a session asks for its system by name."""
    return System.read(path)
