"""A system on local as an audit sees it: read at the processes, the files and the stores, past all that squall says.

A run's own process and one that comes after it read the same, so the two can be compared.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from squall.agent.scope.processes import state as state_of
from squall.platforms.processes import facts
from squall.platforms.processes.programs import Layout, laid_out
from squall.platforms.processes.status import StatusReader
from squall.platforms.processes.stores import endpoint
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.process_tree import all_processes, members
from squall.system.local import Local
from squall.system.system import System
from tests.crash.store_ground import looked_into


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
        supervisord = InstanceFolder(self.folder).noted("supervisord")
        return supervisord is not None and supervisord.lives()

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield what must be after a run as it was before, by name. Waits for nobody."""
        state, layout = InstanceFolder(self.folder), self._layout
        with closing(Supervisord(state.socket)) as supervisord:
            yield from facts.baseline(state, layout, supervisord).items()
        with closing(StatusReader(state, layout)) as sight:
            yield "not ready", ", ".join(name for name, seen in sight.look().items() if not seen.ready)
        yield "stopped (state T)", ", ".join(_stopped(state))
        yield "helpers of squall", ", ".join(_helpers(state))
        yield "the agent's journal", ", ".join(path.name for path in state.path.glob("journal/*"))
        for name, store in self._section.stores.items():
            yield from looked_into(endpoint(name, store, layout.of(name)[0].port, self.folder))

    @property
    def _section(self) -> Local:
        assert self.system.platforms.local is not None
        return self.system.platforms.local

    @property
    def _layout(self) -> Layout:
        return laid_out(self._section, self.system.folder, self.folder, self.ports, "")


def _stopped(state: InstanceFolder) -> Iterator[str]:
    watchdog = state.noted("watchdog")
    for each in members(watchdog, all_processes()) if watchdog is not None else ():
        if state_of(Path("/proc"), each.pid) == "T":
            yield f"process {each.pid}"


def _helpers(state: InstanceFolder) -> Iterator[str]:
    for role in ("agent", "releaser"):
        known = state.noted(role)
        if known is not None and known.lives():
            yield f"{role} {known.pid}"
