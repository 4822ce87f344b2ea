"""One deployment: the files that Compose is given, the users' port, the project's containers, from start to end."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from squall.clock import Clock
from squall.errors import HarnessFailed, Misuse
from squall.platforms.capability import Tell
from squall.platforms.containers import overlay, program
from squall.platforms.containers.engine import Engine
from squall.platforms.containers.overlay import Config
from squall.platforms.containers.readiness import ProjectReadiness
from squall.platforms.containers.stack import Stack
from squall.platforms.containers.undo import end_project, project_undo
from squall.platforms.stores.endpoint import Loopback, StoreEndpoint, endpoint_of
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.ports import Ports
from squall.system.compose import Compose
from squall.system.system import System


class ComposeDeployment:
    """The project of ``engine``; its files and notes are in the folder of ``state``."""

    def __init__(self, state: InstanceFolder, engine: Engine, system: System, section: Compose, clock: Clock) -> None:
        self.engine = engine
        self._state, self._system, self._section, self._clock = state, system, section, clock
        self._held = ExitStack()
        self._config: Config = {}
        self._numbers: Sequence[int] = (0, *(0 for _ in section.stores))

    def read(self, weaknesses: Sequence[str]) -> Config:
        """Return what the files come to with these weaknesses.

        Raises:
            Misuse: a file is missing, or no project of the run's own can be made of them.
        """
        config = self._stack(weaknesses).config()
        if found := list(overlay.problems(config, self._section)):
            file = self._section.file
            raise Misuse("\n".join(f"{self._system.name} on compose ({file}): {problem}" for problem in found))
        return config

    def bring_up(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Start everything and wait until users are served; raises HarnessFailed if they are not in time."""
        deadline = self._clock.now() + self._section.ready_within
        self._config = self.read(weaknesses)
        ports = Ports.reserve(len(self._numbers))
        self._held.callback(ports.close)
        self._numbers = ports.numbers
        path = self._state.path / "overlay.yaml"
        path.write_text(overlay.overlay(self._config, self._section, self.engine.project, self._numbers))
        tell(f"starting {len(self._config['services'])} services as the compose project {self.engine.project.name}")
        readiness = ProjectReadiness(self.engine, self._section, self.port, self._system.probe.path)
        try:
            self._stack(weaknesses, path.name).up(deadline - self._clock.now())
        except HarnessFailed as error:
            raise HarnessFailed("\n".join((str(error), readiness.trouble())).rstrip()) from error
        readiness.await_all(tell, deadline, self._clock)

    @property
    def port(self) -> int:
        """The port of this machine that leads to the users' service; 0 before it is known."""
        return self._numbers[0]

    def stores(self) -> Iterator[StoreEndpoint]:
        """Yield how each store is reached."""
        return store_endpoints(self._section, self._numbers[1:], self._state.path)

    def wanted(self, service: str) -> int:
        """Return how many containers the compose file says."""
        return overlay.wanted(self._config, service)

    def ports(self, service: str) -> Sequence[int]:
        """Return at which TCP ports its containers answer."""
        return overlay.ports(self._config, self._section, service)

    def end(self) -> None:
        """Remove everything. Raises NotUndone if something is left."""
        try:
            end_project(project_undo(self._state, self.engine.project, self.engine.socket).args)
        finally:
            self._held.close()

    def _stack(self, weaknesses: Sequence[str], *more: str) -> Stack:
        folder, section = self._system.folder, self._section
        if strange := [name for name in weaknesses if name not in section.weaknesses]:
            known = ", ".join(sorted(section.weaknesses)) or "none"
            raise Misuse(f'{self._system.name} has no weakness "{strange[0]}" on compose (known: {known})')
        files = [folder / section.file, *(folder / section.weaknesses[name] for name in weaknesses)]
        if missing := [path for path in files if not path.is_file()]:
            raise Misuse(f"{self._system.name} on compose: there is no file {missing[0]}")
        if not self._state.path.exists():
            self._state.make()
        paths = [*files, *(self._state.path / name for name in more)]
        project, socket = self.engine.project.name, self.engine.socket
        return Stack(self._state, program.found()[0], project, socket, files[0].parent, paths)


def store_endpoints(section: Compose, numbers: Sequence[int], folder: Path) -> Iterator[StoreEndpoint]:
    """Yield each store's endpoint, at the ports of this machine that lead to it; ``folder`` exists while it does."""
    for (service, store), number in zip(section.stores.items(), numbers, strict=True):
        yield endpoint_of(service, store, Loopback(port=number, folder=str(folder)))
