"""What the platforms of one machine have in common: what is killed comes back, what is frozen goes on as it was.

A module of tests has a fixture ``deployed`` and a class that inherits from ``MachineContract``.
"""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from squall.errors import HarnessFailed
from squall.instances import Ended, Instance
from squall.platforms.capability import Gauges, Host, Platform
from squall.platforms.this_machine.instance_folder import InstanceFolder, NotedProcess
from squall.record.event import Event, InstanceChanged
from squall.safety.undo_log import perform
from squall.system.system import System
from tests.platforms.tiny_system import until

# A health check of Docker's fails some times, each after its timeout, before it counts.
WITHIN = 30.0


class Machine(Platform, Gauges, Host, Protocol):
    """A platform whose agent is a child process."""


@dataclass
class Deployed:
    """The tiny system on a platform: ``api`` is its service that is restarted and has gauges, ``other`` has none."""

    on: Machine
    system: System
    folder: Path
    other: str
    events: list[Event] = field(default_factory=list)

    def states(self, instance: Instance) -> list[str]:
        """Return what was told of an instance's name, each with whether it was that incarnation or another."""
        told = [event for event in self.events if isinstance(event, InstanceChanged) and event.name == instance.name]
        return [f"{event.state} {'old' if event.incarnation == instance.incarnation else 'new'}" for event in told]

    def one(self, service: str) -> Instance:
        return self.on.instances(service)[0]

    def noted(self, role: str) -> NotedProcess:
        known = InstanceFolder(self.folder).noted(role)
        assert known is not None
        return known


class MachineContract:
    def test_a_gauge_that_is_not_there_is_told(self, deployed: Deployed) -> None:
        gauge = deployed.system.services["api"].gauges["number"]
        assert gauge.value(deployed.on.metrics(deployed.one("api"), "/metrics", 1.0)) == 10
        with pytest.raises(HarnessFailed):
            deployed.on.metrics(deployed.one(deployed.other), "/metrics", 1.0)
        with pytest.raises(HarnessFailed, match="api-9"):
            deployed.on.metrics(Instance("api", "api-9", "9999999/1", "", ready=True), "/metrics", 1.0)

    def test_a_killed_instance_is_seen_to_go_and_comes_back_as_another(self, deployed: Deployed) -> None:
        before = deployed.one("api")
        told = len(deployed.states(before))
        (proof,) = deployed.on.harm("kill", [before])
        assert (proof.proven, proof.target) == (True, before.name), proof.how
        assert proof.onset.high - proof.onset.low < 1
        until(lambda: "ready new" in deployed.states(before), WITHIN)
        assert deployed.states(before)[told:][:2] == ["gone old", "unready new"]
        after = deployed.one("api")
        assert after.ready
        assert after.incarnation != before.incarnation
        assert before.restarted is None
        assert after.restarted is not None
        assert after.restarted < 30

    def test_one_that_is_no_longer_there_is_not_killed_in_its_successors_place(self, deployed: Deployed) -> None:
        now = deployed.one(deployed.other)
        (first,) = deployed.on.harm("kill", [now])
        until(lambda: deployed.one(deployed.other).ready and deployed.one(deployed.other).incarnation, WITHIN)
        (second,) = deployed.on.harm("kill", [now])
        assert (first.proven, second.proven) == (True, False)
        assert "is gone, or another has its number" in second.how or "no longer what was chosen" in second.how
        assert deployed.one(deployed.other).ready

    def test_a_frozen_instance_is_withdrawn_and_comes_back_as_it_was(self, deployed: Deployed) -> None:
        before = deployed.one("api")
        (proof,) = deployed.on.harm("freeze", [before], lasts=60)
        assert proof.proven, proof.how
        until(lambda: "unready old" in deployed.states(before), WITHIN)
        (ending,) = deployed.on.end("freeze", [before])
        assert (ending.ended, ending.target) == (Ended.AS_STATED, before.name)
        until(lambda: deployed.one("api").ready, WITHIN)
        assert deployed.one("api").incarnation == before.incarnation

    def test_a_killed_agent_is_started_again_and_its_harm_was_over_early(self, deployed: Deployed) -> None:
        before = deployed.one("api")
        (proof,) = deployed.on.harm("freeze", [before], lasts=60)
        assert proof.proven, proof.how
        os.kill(deployed.noted("agent").pid, signal.SIGKILL)
        (ending,) = deployed.on.end("freeze", [before])
        assert ending.ended is Ended.BY_OTHERS
        assert "its successor: 1 of" in ending.how
        until(lambda: deployed.one("api").ready, WITHIN)
        assert deployed.one("api").incarnation == before.incarnation

    def test_a_killed_agent_leaves_a_freeze_that_its_undo_ends(self, deployed: Deployed) -> None:
        before = deployed.one("api")
        (proof,) = deployed.on.harm("freeze", [before], lasts=60)
        assert proof.proven, proof.how
        (planned,) = deployed.on.plan_agents([before], "run")
        os.kill(deployed.noted("agent").pid, signal.SIGKILL)
        assert "processes were still stopped, and run again" in perform(planned)
        until(lambda: deployed.one("api").ready, WITHIN)
        assert deployed.one("api").incarnation == before.incarnation
        assert "nothing is left" in perform(planned)
