"""One platform instance: its folder, its ports, supervisord and what that runs, from start to end."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from squall.clock import Clock
from squall.errors import HarnessFailed, NotUndone
from squall.platforms.capability import Tell
from squall.platforms.processes.programs import Layout
from squall.platforms.processes.status import BACKING_OFF, ProcessStatus, StatusReader
from squall.platforms.processes.supervisor_config import configuration
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.processes.undo import ENDS_WITHIN, end_processes
from squall.platforms.processes.wheels import supervisord as supervisord_command
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.ports import HOST, Ports
from squall.platforms.this_machine.readiness import await_complete, unserved
from squall.process.child import Child
from squall.process.python import module_command
from squall.writing.private import create

LOOK_EVERY = 0.05
UP_WITHIN = 15.0
# One that ends again and again for so long after its stores are up will not get ready any more.
HOPELESS_AFTER = 5.0


@dataclass
class Running:
    """What runs below one folder; ``ready_within`` counts from the start (seconds)."""

    state: InstanceFolder
    layout: Layout
    ports: Ports
    users: int
    probe: str
    ready_within: float
    clock: Clock

    def __post_init__(self) -> None:
        self._watchdog: Child | None = None

    def start(self, tell: Tell) -> None:
        """Start the stores, then all others, and wait until users are served.

        Raises:
            HarnessFailed: it is not ready in time; with the last lines of what is not.
        """
        deadline = self.clock.now() + self.ready_within
        self._write()
        daemon = [*supervisord_command(), "-c", self.state.configuration]
        command = module_command("squall.platforms.processes.watchdog", self.state.path, *daemon)
        self._watchdog = Child("the watchdog of the processes", command, lambda kind, what: None, {})
        self._watchdog.expect("up", UP_WITHIN)
        sight = StatusReader(self.state, self.layout)
        supervisord = Supervisord(self.state.socket)
        try:
            self._await(lambda: self._listening(supervisord), tell, deadline)
            for stage in (True, False):
                names = [process.name for process in self.layout.processes.values() if process.first is stage]
                for name in names:
                    supervisord.start(name)
                began = self.clock.now()
                self._await(lambda: self._missing(sight.look(), names, began), tell, deadline)  # noqa: B023
            self._await(lambda: unserved(f"http://{HOST}:{self.users}{self.probe}"), tell, deadline)
        finally:
            sight.close()
            supervisord.close()

    def end(self) -> None:
        """End all processes and remove the folder. Raises NotUndone if something is left."""
        try:
            if self._watchdog is not None:
                with suppress(NotUndone):
                    end_processes({"folder": str(self.state.path)})
                self._watchdog.stop(ENDS_WITHIN)
            end_processes({"folder": str(self.state.path)})
        finally:
            self._watchdog = None
            self.ports.close()

    def _write(self) -> None:
        for path, text in self.layout.configurations.items():
            path.write_text(text)
        for path, text in self.layout.secrets.items():
            with create(path) as file:
                file.write(text.encode())
        for name, process in self.layout.processes.items():
            process.spec.write(self.state.spec(name))
        self.state.configuration.write_text(configuration(self.state, self.layout.processes.values()))

    def _await(self, missing: Callable[[], str], tell: Tell, deadline: float) -> None:
        def look() -> str:
            said = missing()
            if said and self._watchdog is not None and not self._watchdog.alive:
                raise HarnessFailed(f"starting the processes: {self._watchdog.failure() or 'their watchdog ended'}")
            return said

        await_complete("starting the processes", look, tell, deadline, LOOK_EVERY, self.clock)

    def _listening(self, supervisord: Supervisord) -> str:
        try:
            supervisord.version()
        except HarnessFailed:
            supervisord.close()
            return "supervisord does not answer yet"
        return ""

    def _missing(self, seen: Mapping[str, ProcessStatus], names: list[str], began: float) -> str:
        late = [seen[name] for name in names if not seen[name].ready]
        failing = [each for each in late if each.state in BACKING_OFF]
        if failing and self.clock.now() > began + HOPELESS_AFTER:
            name, log = failing[0].name, self.state.last_lines(failing[0].name)
            raise HarnessFailed(f"starting the processes: {name} ends as soon as it is started:\n{log}")
        if not late:
            return ""
        why = f"{', '.join(each.name for each in late)} not ready ({late[0].why})"
        return "\n".join((why, self.state.last_lines(late[0].name))).rstrip()
