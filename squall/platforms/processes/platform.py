"""The platform local: the system as processes of this machine, without Docker or a cluster.

supervisord runs and restarts them, Envoy spreads the load and withdraws what is not ready; both are reached as their
users reach them. What these two cannot do, this platform does not offer. It puts together what ``processes/`` has.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.agent.harms.contract import Means
from squall.agent.harms.registry import ORDERS, harms_by
from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, Misuse
from squall.instances import Evidence, Instance
from squall.platforms.capability import InstanceWatch, Sink, StoreHandle, Tell
from squall.platforms.http import page
from squall.platforms.processes import deletion, facts, wheels
from squall.platforms.processes import release_harms as harming
from squall.platforms.processes.envoy import ADMIN
from squall.platforms.processes.events import NODE
from squall.platforms.processes.instance_watch import ProcessWatch
from squall.platforms.processes.programs import Layout, laid_out, ports_needed
from squall.platforms.processes.release import RollingRelease, release_undo
from squall.platforms.processes.running import Running
from squall.platforms.processes.status import BACKING_OFF, ProcessStatus, StatusReader, age
from squall.platforms.processes.stores import endpoint
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.processes.undo import processes_undo
from squall.platforms.processes.variants import released, weakened
from squall.platforms.stores.endpoint import STORE_CREDENTIAL
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.platform import ThisMachine, require_linux
from squall.platforms.this_machine.ports import HOST, Ports
from squall.record.event import Noted
from squall.safety.undo_log import Undo
from squall.system.local import Local as Section
from squall.system.system import System
from squall.writing.private import create


class LocalPlatform(ThisMachine):
    """A system as processes. What it offers beside Platform is in ``capability``. Each object has processes of its own.

    Raises:
        Misuse: the system does not say how it runs here.
    """

    name = "local"
    means: ClassVar[Collection[Means]] = frozenset({Means.SIGNALS, Means.PROXY})

    def __init__(self, system: System, context: str | None = None, clock: Clock = SYSTEM) -> None:
        if system.platforms.local is None:
            lacking = f"{system.name} does not say how it runs on local: add platforms.local to its system.yaml"
            raise Misuse(f"{lacking}, or name another platform with --platform")
        if context is not None:
            raise Misuse(f"the platform local has no contexts: leave {context!r} out, or add --platform kind")
        super().__init__(system, InstanceFolder.new(), clock)
        self._section, self.context = system.platforms.local, NODE
        # Of all stores of this object; whoever else attends them reads it in the folder.
        self._password = secrets.token_hex(24)
        self._running: Running | None = None
        self._supervisord: Supervisord | None = None
        self._first: dict[str, str] = {}
        self._proxied: set[str] = set()
        self._releasing = RollingRelease(self._state, clock)
        self._deployed = self._section
        self._sink: Sink = lambda event: None

    def check(self) -> None:
        """Raise Misuse unless all that is needed is installed, and all files are there."""
        require_linux(self.name)
        wheels.supervisord()
        self._lay_out(self._section, range(1, 1 + ports_needed(self._section, self._proxied)))

    def arrange(self, harm: str, service: str) -> None:
        """Put a proxy in front of each process of a service, if the harm needs one."""
        if Means.PROXY in ORDERS[harm].needs:
            self._proxied.add(service)

    def plan_deploy(self, run: str) -> Sequence[Undo]:
        return [processes_undo(self._state)]

    def deploy(self, weaknesses: Sequence[str], tell: Tell) -> None:
        """Start fresh processes, with empty stores."""
        section = weakened(self._section, weaknesses, self._system.name)
        self._end()
        if not self._state.path.exists():
            self._state.make()
        with create(self._state.path / STORE_CREDENTIAL) as file:
            file.write(self._password.encode())
        ports = Ports.reserve(ports_needed(section, self._proxied))
        try:
            layout = self._lay_out(section, ports.numbers)
        except Misuse:
            ports.close()
            raise
        self._deployed = section
        tell(f"starting {len(layout.processes)} processes in {self._state.path}")
        users = layout.of(section.users)[0].reached
        probe, within = self._system.probe.path, section.ready_within
        self._running = Running(self._state, layout, ports, users, probe, within, self._clock)
        self._running.start(tell)
        self._supervisord = Supervisord(self._state.socket)
        self._first = {name: seen.incarnation for name, seen in self._look().items()}

    def users_url(self) -> str:
        return f"http://{HOST}:{self._up.users}"

    def instances(self, service: str) -> Sequence[Instance]:
        """Return a service's processes, also one that is down at the moment."""
        seen = self._look()
        return [self._instance(service, seen[process.name]) for process in self._up.layout.of(service)]

    def foreseen(self, service: str, weaknesses: Sequence[str]) -> Sequence[Instance]:
        """Return a service's processes as they will be called, before any of them is started."""
        section = weakened(self._section, weaknesses, self._system.name)
        layout = self._lay_out(section, range(1, 1 + ports_needed(section, self._proxied)))
        return [Instance(service, process.name, "", NODE, ready=True) for process in layout.of(service)]

    def wanted(self, service: str) -> int:
        return len(self._up.layout.of(service))

    def watch(self, services: Sequence[str], sink: Sink) -> InstanceWatch:
        layout, self._sink = self._up.layout, sink
        return ProcessWatch(StatusReader(self._state, layout), layout, services, sink, self._clock)

    def processes(self) -> Collection[int]:
        """Return nothing more: squall's own children start all of it."""
        return ()

    def metrics(self, instance: Instance, path: str, within: float) -> str:
        """Ask the process itself; Envoy at its admin socket."""
        layout = self._up.layout
        if instance.name not in layout.processes:
            raise HarnessFailed(f"there is no process {instance.name}")
        if (admin := layout.admins.get(instance.service)) is not None:
            return page(ADMIN + path, within, admin)
        return page(f"http://{HOST}:{layout.processes[instance.name].port}{path}", within)

    def baseline(self) -> Mapping[str, str]:
        return {**facts.baseline(self._state, self._up.layout, self._daemon), **self._workers.fields()}

    def facts(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        layout = self._up.layout
        return facts.versions(self._section, layout, self._daemon), facts.tuning(layout)

    def harms(self) -> Collection[str]:
        return harms_by(self.means)

    def plan_delete(self, instances: Sequence[Instance]) -> Sequence[Undo]:
        return [deletion.deletion_undo(self._state, instances)]

    def delete(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Have supervisord stop and start them."""
        self._owned()
        return deletion.delete(self._state, instances, within, self._clock)

    def plan_release(self, service: str, release: str) -> Sequence[Undo]:
        released(self._section, service, release, self._system.name)
        return [release_undo(self._state, service)]

    def prepare_release(self, service: str, release: str) -> None:
        """Write the version down for the releaser."""
        section = released(self._deployed, service, release, self._system.name)
        new = self._lay_out(section, self._up.ports.numbers)
        self._releasing.prepare(self._up.layout, new, service, section.programs[service].releaser)

    def release(self, service: str, release: str, within: float) -> Sequence[Evidence]:
        self._owned()

        def say(text: str) -> None:
            self._sink(Noted(self._clock.now(), service, text=text))

        return [self._releasing.release(service, within, say)]

    def stores(self) -> Mapping[str, StoreHandle]:
        layout = self._running.layout if self._running is not None else None
        ports = {name: layout.of(name)[0].port if layout is not None else 0 for name in self._section.stores}
        return self._workers.at(
            endpoint(name, store, ports[name], self._state.path) for name, store in self._section.stores.items()
        )

    def close(self) -> None:
        """End a release, all processes of this platform object, and remove their folder."""
        self._releasing.close()
        super().close()

    @property
    def _up(self) -> Running:
        if self._running is None:
            raise HarnessFailed(f"{self._system.name} is not deployed on local")
        return self._running

    @property
    def _daemon(self) -> Supervisord:
        if self._supervisord is None:
            raise HarnessFailed(f"{self._system.name} is not deployed on local")
        return self._supervisord

    def _scope(self) -> Sequence[str]:
        """Return what lets the agent harm all that supervisord started, and nothing else."""
        if (supervisord := self._state.noted("supervisord")) is None:
            raise HarnessFailed("starting the agent: supervisord is not there")
        return ["--family", str(supervisord.pid)]

    def _look(self) -> Mapping[str, ProcessStatus]:
        sight = StatusReader(self._state, self._up.layout)
        try:
            return sight.look()
        finally:
            sight.close()

    def _instance(self, service: str, seen: ProcessStatus) -> Instance:
        anew = bool(seen.incarnation) and seen.incarnation != self._first.get(seen.name)
        return Instance(
            service=service,
            name=seen.name,
            incarnation=seen.incarnation,
            node=NODE,
            ready=seen.ready,
            restarted=age(seen.incarnation) if anew else None,
            backing_off=seen.state in BACKING_OFF,
        )

    def _lay_out(self, section: Section, ports: Sequence[int]) -> Layout:
        return laid_out(section, self._system.folder, self._state.path, ports, self._password, self._proxied)

    def _target(self, instance: Instance) -> Mapping[str, Json]:
        """Return how the agent finds a process, and the proxy in front of it."""
        return harming.target(instance, self._up.layout.processes[instance.name], self._state.path)

    def _end(self) -> None:
        if self._supervisord is not None:
            self._supervisord.close()
            self._supervisord = None
        if self._running is not None:
            self._running.end()
            self._running = None
