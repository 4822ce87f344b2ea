"""``platforms.local`` of a system file as typed values: the system as processes of one machine."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from squall.system.alerts import Alertmanager
from squall.system.stores import QueueKey, QueueName, StoreKind
from squall.system.strict import Strict
from squall.units import Duration

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
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
Text = Annotated[str, BeforeValidator(_text)]
ReleaseName = Annotated[str, Field(pattern=r'^[^\s"]([^"\n]*[^\s"])?$')]
HttpPath = Annotated[str, Field(pattern="^/")]
Count = Annotated[int, Field(ge=1, le=40)]


class Releaser(Strict):
    """How a new version of a program is brought out: one instance after the other, each by a stop and a start.

    None is touched before Envoy sends requests to the one before it. If that takes longer than ``within``, the
    version before is put back. Without ``awaits_health`` nobody waits, and nothing is put back.
    """

    awaits_health: bool = True
    within: Duration = 20.0


class Program(Strict):
    """A service as ``count`` processes of one command (words as in a shell, but no shell), each on a port of its own.

    ``ready`` answers 200 once a process can be given work; without it a process is ready when it listens. ``grace``
    is how long it may take to stop. Placeholders in command and environment: ``${python}``, ``${name}``, ``${number}``
    and ``${port}`` of the process, ``${SERVICE.port}`` and ``${SERVICE.url}`` of another.
    """

    command: Command
    count: Count = 1
    environment: Mapping[Variable, Text] = {}
    ready: HttpPath | None = None
    grace: Duration = 10.0
    releaser: Releaser = Releaser()


class Store(Strict):
    """A store from a wheel, empty at each start. ``fill`` is SQL for PostgreSQL; ``options`` go to the server.

    It has a password, another one at each run, which ``${SERVICE.url}`` holds: others who use this machine have none.

    ``role`` is whom the application logs in as: one that ``fill`` makes; without it the superuser. Only a
    ``disposable`` store's data is ever harmed. ``queues`` are lists or tables in it, from which others take.
    """

    kind: StoreKind
    fill: Path | None = None
    options: tuple[str, ...] = ()
    role: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")] | None = None
    disposable: bool = False
    queues: Mapping[QueueName, QueueKey] = {}


class Front(Strict):
    """Envoy with a configuration from the system's folder. Its gauges are asked of its admin interface.

    That is on a socket which nobody else can reach, whatever the configuration says of it. Placeholders in it:
    ``${port}`` for users, ``${SERVICE.endpoints}`` for the processes of a program as ``lb_endpoints``,
    ``${SERVICE.ready}`` for the program's path.
    """

    envoy: Path


class ProgramChange(Strict):
    """What a weakness changes of a program; its environment is added to the program's."""

    command: Command | None = None
    count: Count | None = None
    environment: Mapping[Variable, Text] = {}
    ready: HttpPath | None = None
    grace: Duration | None = None
    releaser: Releaser | None = None


class ProgramVersion(Strict):
    """What a release changes of a program; its environment is added to the program's."""

    command: Command | None = None
    environment: Mapping[Variable, Text] = {}


class Local(Strict):
    """The system as processes of this machine. ``users`` is the service that they reach; commands run in ``folder``.

    ``weaknesses`` and ``releases`` change programs, by their names. A release is called what the sentence says
    behind "that": ``fails its health check``. ``alertmanager`` is where alerts are silenced while a run goes on.
    """

    users: str
    folder: Path = Path()
    programs: Mapping[str, Program]
    stores: Mapping[str, Store] = {}
    fronts: Mapping[str, Front] = {}
    weaknesses: Mapping[str, Mapping[str, ProgramChange]] = {}
    releases: Mapping[ReleaseName, Mapping[str, ProgramVersion]] = {}
    ready_within: Duration = 30.0
    alertmanager: Alertmanager | None = None

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
        for kind, of_kind in (("weaknesses", self.weaknesses), ("releases", self.releases)):
            for title, changes in of_kind.items():
                for name in changes.keys() - self.programs.keys():
                    yield (kind, title, name), "is not one of the programs"
        for at, text in self._texts():
            for placeholder in PLACEHOLDER.findall(text):
                service, _, what = placeholder.rpartition(".")
                if placeholder not in OWN and not (service in known and what in OTHERS):
                    yield at, f"unknown placeholder ${{{placeholder}}}"

    def _texts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        parts: list[tuple[tuple[str, ...], Program | ProgramChange | ProgramVersion]] = [
            (("programs", name), program) for name, program in self.programs.items()
        ]
        for weakness, changes in self.weaknesses.items():
            parts += [(("weaknesses", weakness, name), change) for name, change in changes.items()]
        for release, versions in self.releases.items():
            parts += [(("releases", release, name), version) for name, version in versions.items()]
        for at, part in parts:
            yield (*at, "command"), part.command or ""
            yield from (((*at, "environment", key), text) for key, text in part.environment.items())
