"""Waiting until a project's containers are ready and users are served; each thing that is waited for is said once."""

from collections.abc import Sequence

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.platforms.capability import Tell
from squall.platforms.containers.engine import Engine, Object
from squall.platforms.containers.status import exited_for_good, name_of, service_of, status_of
from squall.platforms.this_machine.ports import HOST
from squall.platforms.this_machine.readiness import await_complete, unserved
from squall.system.compose import Compose

LOOK_EVERY = 0.1


class ProjectReadiness:
    """What is missing until a system is up."""

    def __init__(self, engine: Engine, section: Compose, users: int, probe: str) -> None:
        self._engine, self._users, self._probe = engine, users, probe
        self._services = {container.service for container in section.services.values()}

    def await_all(self, tell: Tell, deadline: float, clock: Clock) -> None:
        """Wait. Raises HarnessFailed: it is too late, or one has ended for good; with its last lines."""
        for missing in (self._unready, lambda: unserved(f"http://{HOST}:{self._users}{self._probe}")):
            await_complete("starting the containers", missing, tell, deadline, LOOK_EVERY, clock)

    def trouble(self) -> str:
        """Say of each container that is not ready why, with its last lines."""
        late = [each for each in self._ours() if not status_of(each).ready]
        return "\n".join(f"{name_of(each)}: {self._told(each)}" for each in late)

    def _unready(self) -> str:
        ours = self._ours()
        if lacking := sorted(self._services - {service_of(each) for each in ours}):
            return f"{', '.join(lacking)} not there"
        for each in ours:
            if exited_for_good(each):
                raise HarnessFailed(f"starting the containers: {name_of(each)} stays down: {self._told(each)}")
        late = [each for each in ours if not status_of(each).ready]
        if not late:
            return ""
        why, _, log = self._told(late[0]).partition("\n")
        return "\n".join((f"{', '.join(map(name_of, late))} not ready ({why})", log)).rstrip()

    def _ours(self) -> Sequence[Object]:
        return [each for each in self._engine.containers() if service_of(each) in self._services]

    def _told(self, container: Object) -> str:
        return "\n".join((status_of(container).why, self._engine.last_lines(str(container["Id"])))).rstrip()
