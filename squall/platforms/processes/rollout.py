"""Bringing a version of a program out, one instance after the other. What is to be done is a file: several do it.

The releaser does, as a team's own would; and whoever puts back what the releaser left.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from squall.clock import Clock
from squall.platforms.processes.programs import Layout, PlannedProcess
from squall.platforms.processes.spec import Spec
from squall.platforms.processes.status import ProcessStatus, StatusReader
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.system.local import Releaser
from squall.waiting import poll

LOOK_EVERY = 0.05

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rollout:
    """A release of one service: the versions before and after, and how each instance is brought from one to the other.

    ``within`` is how long an instance may take to get ready (s); without ``awaits_health`` nobody waits for that.
    """

    service: str
    before: str
    after: str
    within: float
    awaits_health: bool
    ports: Mapping[str, int]
    proxies: Mapping[str, int]
    ready: str | None
    grace: float
    admins: Mapping[str, str]
    fronted: bool

    @classmethod
    def planned(cls, layout: Layout, service: str, releaser: Releaser, after: str) -> "Rollout":
        """Return the release of a version to a service that is up."""
        first, *_ = processes = layout.of(service)
        return cls(
            service=service,
            before=first.spec.revision,
            after=after,
            within=releaser.within,
            awaits_health=releaser.awaits_health,
            ports={process.name: process.port for process in processes},
            proxies={process.name: process.proxy for process in processes},
            ready=first.ready,
            grace=first.grace,
            admins={front: str(socket) for front, socket in layout.admins.items()},
            fronted=service in layout.fronted,
        )

    def write(self, state: InstanceFolder, specs: Mapping[str, Mapping[str, Spec]]) -> None:
        """Write it down with the specs of both versions (version, name of the instance: spec)."""
        for revision, by_name in specs.items():
            for name, spec in by_name.items():
                spec.write(state.release(f"{name}.{revision}"))
        # Last: whoever reads it finds all that it speaks of.
        beside = state.release(f"{self.service}.new")
        beside.write_text(json.dumps(asdict(self)))
        beside.replace(state.release(self.service))

    @classmethod
    def read(cls, state: InstanceFolder, service: str) -> "Rollout | None":
        """Read the one of a service, if there is one."""
        try:
            # An older squall calls its proxies doors.
            said: dict[str, Any] = json.loads(state.release(service).read_text())
        except FileNotFoundError:
            return None
        return cls(**{"proxies" if key == "doors" else key: value for key, value in said.items()})

    @property
    def layout(self) -> Layout:
        """What a look needs to know of these processes."""
        processes = {
            name: PlannedProcess(
                self.service,
                name,
                port,
                Spec([], revision=self.before),
                self.ready,
                self.grace,
                proxy=self.proxies[name],
            )
            for name, port in self.ports.items()
        }
        admins = {front: Path(socket) for front, socket in self.admins.items()}
        return Layout(processes, {}, {}, admins, frozenset({self.service} if self.fronted else ()))


class Rolling:
    """Carries a rollout out, in either direction. For one thread; raises HarnessFailed."""

    def __init__(self, state: InstanceFolder, rollout: Rollout, clock: Clock, tell: Tell) -> None:
        self._state, self._rollout, self._clock, self._tell = state, rollout, clock, tell
        self._supervisord = Supervisord(state.socket)
        self._sight = StatusReader(state, rollout.layout)

    def close(self) -> None:
        self._supervisord.close()
        self._sight.close()

    def bring(self, names: Sequence[str], revision: str, within: float | None) -> str | None:
        """Bring a version to instances, one after the other; return the first that is not ready after ``within`` s.

        Those after it are left as they are. Without ``within`` nothing is waited for.
        """
        for name in names:
            self._replace(name, revision)
            if within is not None and (why := self._late(name, revision, within)):
                self._tell(f"{name} of version {revision} is not ready after {within:g} s: {why}")
                return name
        return None

    def outdated(self, revision: str) -> list[str]:
        """Return the instances that are not of a version, or are going to be of another when they are started anew."""
        seen = self._sight.look()
        return [
            name
            for name in self._rollout.ports
            if self._written(name) != revision or seen[name].revision not in {revision, ""}
        ]

    def _replace(self, name: str, revision: str) -> None:
        self._tell(f"{name} is replaced by version {revision}")
        text = self._state.release(f"{name}.{revision}").read_text()
        beside = self._state.spec(name).with_suffix(".new")
        beside.write_text(text)
        beside.replace(self._state.spec(name))
        self._supervisord.stop(name)
        self._supervisord.await_stopped(name, self._clock)
        self._supervisord.start(name)

    def _late(self, name: str, revision: str, within: float) -> str:
        """Wait until an instance of that version is ready, and Envoy sends it requests; say why not, if not in time."""

        def done(seen: ProcessStatus) -> bool:
            return seen.ready and seen.revision == revision

        def look() -> ProcessStatus:
            return self._sight.look()[name]

        seen = poll(look, within=within, every=LOOK_EVERY, clock=self._clock, done=done)
        return "" if done(seen) else seen.why or "it is not of that version"

    def _written(self, name: str) -> str:
        return Spec.read(self._state.spec(name)).revision
