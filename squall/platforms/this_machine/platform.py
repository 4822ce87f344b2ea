"""What platforms of this machine have in common: a folder, the lease of a run, an agent beside, workers of stores.

How the system is started, and how its instances are found, is each platform's own.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from pydantic import JsonValue as Json

from squall.agent.harms.proxied import WATCH_CALLS
from squall.agent.service.orders import LONGEST
from squall.clock import Clock
from squall.errors import InjectionFailed, Misuse
from squall.instances import Ending, Evidence, Instance
from squall.platforms.stores.store import StoreWorkers
from squall.platforms.this_machine.agent import Agent, agent_undo
from squall.platforms.this_machine.file_lease import FileLease, lease_undo
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.record.calls import CallCounts
from squall.safety.undo_log import Undo
from squall.system.gauge import Gauge
from squall.system.system import System


class ThisMachine(ABC):
    """The part of a platform's contract that is the same for all systems on this machine; see ``capability``."""

    name: str

    def __init__(self, system: System, folder: InstanceFolder, clock: Clock) -> None:
        self._system, self._state, self._clock = system, folder, clock
        self._lease, self._run = FileLease(folder), ""
        self._agent = Agent(folder, clock, self._scope, self._target)
        self._workers = StoreWorkers(self._owned)

    def claim_run(self, run: str) -> Undo:
        """Lock this platform instance for the run until ``close``."""
        if not self._state.path.exists():
            self._state.make()
        self._lease.take(run)
        self._run = run
        return lease_undo(self._state, run)

    def plan_agents(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        return [agent_undo(self._state)]

    def start_agents(self, instances: Sequence[Instance], run: str) -> None:
        self._agent.start(run)

    def harm(self, name: str, instances: Sequence[Instance], **order: Json) -> Sequence[Evidence]:
        self._owned()
        return self._agent.harm(name, instances, order)

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        return self._agent.end(name, instances)

    def count_calls(self, instances: Sequence[Instance]) -> Sequence[Evidence]:
        self._owned()
        return self._agent.harm(WATCH_CALLS, instances, {"lasts": LONGEST})

    def passed(self, instance: Instance) -> CallCounts | None:
        return self._agent.passed(instance)

    def gauges(self, service: str) -> Mapping[str, Gauge]:
        """Return the gauges of a service, as the system file names them."""
        return self._system.services[service].gauges

    def close(self) -> None:
        """End all that this platform object started, and remove its folder."""
        self._lease.close()
        self._workers.close()
        self._agent.close()
        self._end()
        self._state.remove()

    @abstractmethod
    def _scope(self) -> Sequence[str]:
        """Return the words that tell the agent whom it may harm."""

    @abstractmethod
    def _target(self, instance: Instance) -> Mapping[str, Json]:
        """Return how the agent finds an instance."""

    @abstractmethod
    def _end(self) -> None:
        """End the system, if it was started."""

    def _owned(self) -> None:
        if (lost := self._lease.lost(self._run)) is not None:
            raise InjectionFailed(f"harming {self._system.name}: {lost}")


def require_linux(platform: str) -> None:
    """Raise Misuse unless processes can be harmed here as platforms of this machine do it."""
    if sys.platform != "linux":
        raise Misuse(f"the platform {platform} needs Linux (pidfd, /proc), not {sys.platform}")
