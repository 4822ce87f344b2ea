"""The platform compose: the system as containers of this machine's Docker daemon, a compose project for each run.

Compose starts them, Docker's restart policies and health checks are as their owner has
them. Nothing brings back a container that was removed, so that is not offered. It puts together what ``containers/``
has.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.agent.harms.contract import Means
from squall.agent.harms.registry import harms_by
from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, Misuse
from squall.instances import Address, Instance
from squall.platforms.capability import InstanceWatch, Sink, StoreHandle, Tell
from squall.platforms.containers import deployment_harms as harming
from squall.platforms.containers import facts, program
from squall.platforms.containers.deployment import ComposeDeployment
from squall.platforms.containers.engine import Engine, daemon_socket
from squall.platforms.containers.instance_watch import ContainerWatch
from squall.platforms.containers.overlay import Config, wanted
from squall.platforms.containers.project import Project
from squall.platforms.containers.stack import installed
from squall.platforms.containers.status import NODE, addresses, instance, service_of
from squall.platforms.containers.undo import project_undo
from squall.platforms.http import page
from squall.platforms.this_machine.instance_folder import COMPOSE_PREFIX, InstanceFolder
from squall.platforms.this_machine.platform import ThisMachine, require_linux
from squall.platforms.this_machine.ports import HOST
from squall.safety.undo_log import Undo
from squall.system.system import System


class ComposePlatform(ThisMachine):
    """A system as containers; what it offers beside Platform is in ``capability``.

    Each object has a compose project of its own.

    Raises:
        Misuse: the system does not say how it runs here, or the daemon is another machine's.
    """

    name = "compose"
    means: ClassVar[Collection[Means]] = frozenset(Means)

    def __init__(self, system: System, context: str | None = None, clock: Clock = SYSTEM) -> None:
        if system.platforms.compose is None:
            raise Misuse(f"{system.name} does not say how it runs on compose: add platforms.compose to its system.yaml")
        if context is not None:
            raise Misuse(f"the platform compose has no contexts: leave {context!r} out (DOCKER_HOST names the daemon)")
        super().__init__(system, InstanceFolder.new(COMPOSE_PREFIX), clock)
        self._section, self._socket = system.platforms.compose, daemon_socket()
        self.context = str(self._socket)
        self._deployment: ComposeDeployment | None = None

    def check(self) -> None:
        """Raise Misuse unless Docker, Compose and all files are there, and make a project of the run's own."""
        require_linux(self.name)
        installed()
        program.found()
        try:
            Engine(self._socket, self._project).version()
        except HarnessFailed as error:
            raise Misuse(f"the Docker daemon does not answer: {error}; start it, or name it by DOCKER_HOST") from error
        for weaknesses in ((), *((name,) for name in self._section.weaknesses)):
            self._read(weaknesses)

    def plan_deploy(self, run: str) -> Sequence[Undo]:
        self._run = run
        return [project_undo(self._state, self._project, self._socket)]

    def deploy(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Start fresh containers, with empty volumes."""
        self._end()
        self._deployment = self._deploying()
        self._deployment.bring_up(weaknesses, tell)

    def users_url(self) -> str:
        return f"http://{HOST}:{self._up.port}"

    def instances(self, service: str) -> Sequence[Instance]:
        """Return a service's containers, also one that is down at the moment."""
        now, own = datetime.now(UTC), self._own(service)
        return [instance(service, each, now) for each in self._up.engine.containers() if service_of(each) == own]

    def foreseen(self, service: str, weaknesses: Sequence[str]) -> Sequence[Instance]:
        """Return a service's containers as they will be called, before any of them is started."""
        own = self._own(service)
        numbers = range(1, 1 + wanted(self._read(weaknesses), own))
        return [Instance(service, f"{own}-{number}", "", NODE, ready=False) for number in numbers]

    def wanted(self, service: str) -> int:
        """Return how many containers Compose starts."""
        return self._up.wanted(self._own(service))

    def watch(self, services: Sequence[str], sink: Sink) -> InstanceWatch:
        placed = {service: self._own(service) for service in services if service in self._section.services}
        return ContainerWatch(self._up.engine, placed, sink, self._clock)

    def processes(self) -> Collection[int]:
        """Return the first process of each container that runs."""
        pids = [int(each["State"]["Pid"]) for each in self._up.engine.containers()]
        return [pid for pid in pids if pid]

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        """Ask the container at its own address."""
        place = self._section.services.get(instance.service)
        users = self._section.users
        port = (place.metrics if place else None) or (users.port if users.service == instance.service else None)
        if port is None:
            raise HarnessFailed(f"{instance.service} has no port for its gauges: give it metrics in platforms.compose")
        found = self._up.engine.container(instance.incarnation.partition("/")[0])
        if found is None or not (at := addresses(found)):
            raise HarnessFailed(f"{instance.name} is not there to be asked")
        return page(f"http://{at[0]}:{port}{path}", within)

    def baseline(self) -> Mapping[str, str]:
        return {**facts.baseline(self._up.engine.containers()), **self._workers.fields()}

    def facts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        containers = self._up.engine.containers()
        return facts.versions(self._up.engine.version(), program.found()[1], containers), facts.tuning(containers)

    def harms(self) -> Collection[str]:
        return harms_by(harming.permitted())

    def addresses(self, service: str) -> Sequence[Address]:
        """Return the addresses of the service's containers in the project's networks, with their ports."""
        own, ports = self._own(service), self._up.ports(service)
        found = [each for each in self._up.engine.containers() if service_of(each) == own]
        return [Address(ip, port) for each in found for port in ports for ip in addresses(each)]

    def stores(self) -> Mapping[str, StoreHandle]:
        return self._workers.at((self._deployment or self._deploying()).stores())

    @property
    def _project(self) -> Project:
        return Project(self._state.path.name, self._run or self._state.path.name)

    @property
    def _up(self) -> ComposeDeployment:
        if self._deployment is None:
            raise HarnessFailed(f"{self._system.name} is not deployed on compose")
        return self._deployment

    def _read(self, weaknesses: Sequence[str]) -> Config:
        fresh = not self._state.path.exists()
        try:
            return self._deploying().read(weaknesses)
        finally:
            if fresh:
                self._state.remove()

    def _deploying(self) -> ComposeDeployment:
        engine = Engine(self._socket, self._project)
        return ComposeDeployment(self._state, engine, self._system, self._section, self._clock)

    def _own(self, service: str) -> str:
        if (place := self._section.services.get(service)) is None:
            raise HarnessFailed(f"{service} has no place in the compose file")
        return place.service

    def _scope(self) -> Sequence[str]:
        return ["--docker", self.context]

    def _target(self, instance: Instance) -> Mapping[str, Json]:
        return harming.target(self._up.engine, instance)

    def _end(self) -> None:
        if self._deployment is not None:
            self._deployment.end()
            self._deployment = None
