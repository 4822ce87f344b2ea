"""A system on local as an audit sees it: read at the processes, the files and the stores, past all that squall says.

A run's own process and one that comes after it read the same, so the two can be compared.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from squall.agent.processes import state as state_of
from squall.platforms.processes import facts
from squall.platforms.processes.family import everyone, members
from squall.platforms.processes.ports import HOST
from squall.platforms.processes.programs import Layout, laid_out
from squall.platforms.processes.sight import Sight
from squall.platforms.processes.state import State
from squall.platforms.processes.supervisord import Supervisord
from squall.system import System
from squall.system_local import Local

ANSWERS_WITHIN = 2
_SESSIONS = "select count(*) from pg_stat_activity where application_name like 'squall/%'"
_SCHEMAS = "select count(*) from pg_namespace where nspname like 'squall%'"
_ROWS = "select count(*), sum(hashtextextended(t::text, 0)::numeric) from document t"


@dataclass(frozen=True, slots=True)
class Ground:
    """One platform instance: its folder and its ports are all that is needed to find everything."""

    system: System
    folder: Path
    ports: Sequence[int]

    def write(self, path: Path) -> None:
        """Write down where it is and how it is now."""
        path.write_text(json.dumps({"folder": str(self.folder), "ports": list(self.ports), "now": dict(self.fields())}))

    @classmethod
    def read(cls, system: System, path: Path) -> tuple["Ground", Mapping[str, str]]:
        """Return what was written down, and how it was then."""
        said = json.loads(path.read_text())
        return cls(system, Path(said["folder"]), said["ports"]), said["now"]

    @property
    def up(self) -> bool:
        """Whether its processes are kept."""
        supervisord = State(self.folder).noted("supervisord")
        return supervisord is not None and supervisord.there()

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield what must be after a run as it was before, by name. Waits for nobody."""
        state, layout = State(self.folder), self._layout
        with closing(Supervisord(state.socket)) as supervisord:
            yield from facts.baseline(state, layout, supervisord).items()
        with closing(Sight(state, layout)) as sight:
            yield "not ready", ", ".join(name for name, seen in sight.look().items() if not seen.ready)
        yield "stopped (state T)", ", ".join(_stopped(state))
        yield "helpers of squall", ", ".join(_helpers(state))
        yield "the agent's journal", ", ".join(path.name for path in state.path.glob("journal/*"))
        for name, store in self._section.stores.items():
            read = _postgres if store.kind == "postgres" else _valkey
            for field, value in read(layout.of(name)[0].port, store.role or "postgres").items():
                yield f"{field} of {name}", value

    @property
    def _section(self) -> Local:
        assert self.system.platforms.local is not None
        return self.system.platforms.local

    @property
    def _layout(self) -> Layout:
        return laid_out(self._section, self.system.folder, self.folder, self.ports)


def _stopped(state: State) -> Iterator[str]:
    keeper = state.noted("keeper")
    for each in members(keeper, everyone()) if keeper is not None else ():
        if state_of(Path("/proc"), each.pid) == "T":
            yield f"process {each.pid}"


def _helpers(state: State) -> Iterator[str]:
    for role in ("agent", "releaser"):
        known = state.noted(role)
        if known is not None and known.there():
            yield f"{role} {known.pid}"


def _postgres(port: int, role: str) -> Mapping[str, str]:
    """Read as the superuser what is left of squall, and as the application what it can read and whether it waits."""
    try:
        with psycopg.connect(host=HOST, port=port, user="postgres", dbname="postgres", connect_timeout=2) as control:
            sessions, schemas = control.execute(_SESSIONS).fetchone(), control.execute(_SCHEMAS).fetchone()
        with psycopg.connect(host=HOST, port=port, user=role, dbname="postgres", connect_timeout=2) as reader:
            reader.execute(f"set statement_timeout = {1000 * ANSWERS_WITHIN}")
            rows = reader.execute(_ROWS).fetchone()
    except psycopg.Error as error:
        return {"answer": str(error).strip()}
    return {"answer": "", "sessions of squall": str(sessions), "schemas of squall": str(schemas), "rows": str(rows)}


def _valkey(port: int, role: str) -> Mapping[str, str]:
    try:
        with redis.Redis(HOST, port, socket_timeout=ANSWERS_WITHIN, decode_responses=True) as client:
            limit = client.config_get("maxmemory")
            keys = sorted(client.scan_iter(match="squall/*"))
    except redis.RedisError as error:
        return {"answer": str(error)}
    return {"answer": "", "limit": str(limit), "keys of squall": str(keys)}
