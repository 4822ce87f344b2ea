"""What the platforms of one machine have in common besides what all have: gauges, and an agent that is a child.

A module of tests has a fixture ``deployed`` and a class that inherits from ``MachineContract``.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from squall.errors import HarnessFailed
from squall.instances import Ended, Instance
from squall.platforms.capability import Gauges, Host, Platform
from squall.platforms.this_machine.instance_folder import InstanceFolder, NotedProcess
from squall.safety.undo_log import perform
from squall.system.system import System
from tests.contract.instances import Deployed, InstanceContract


class Machine(Platform, Gauges, Host, Protocol):
    """A platform whose agent is a child process."""


@dataclass(kw_only=True)
class DeployedHere(Deployed[Machine]):
    """The tiny system on a platform of this machine: ``api`` has gauges, ``other`` has none."""

    system: System
    folder: Path

    def noted(self, role: str) -> NotedProcess:
        known = InstanceFolder(self.folder).noted(role)
        assert known is not None
        return known


class MachineContract(InstanceContract):
    def test_a_gauge_that_is_not_there_is_told(self, deployed: DeployedHere) -> None:
        gauge = deployed.system.services["api"].gauges["number"]
        assert gauge.value(deployed.on.metrics(deployed.one("api"), "/metrics", 1.0)) == 10
        with pytest.raises(HarnessFailed):
            deployed.on.metrics(deployed.one(deployed.other), "/metrics", 1.0)
        with pytest.raises(HarnessFailed, match="api-9"):
            deployed.on.metrics(Instance("api", "api-9", "9999999/1", "", ready=True), "/metrics", 1.0)

    def test_a_killed_process_is_told_as_gone_before_its_successor(self, deployed: DeployedHere) -> None:
        before = deployed.one("api")
        told = len(deployed.states(before))
        assert deployed.on.harm("Crash", [before])[0].proven
        deployed.until(lambda: "ready new" in deployed.states(before)[told:])
        assert deployed.states(before)[told:][:2] == ["gone old", "unready new"]
        deployed.until(lambda: deployed.one("api").ready)

    def test_a_killed_agent_is_started_again_and_its_harm_was_over_early(self, deployed: DeployedHere) -> None:
        before = deployed.one("api")
        (proof,) = deployed.on.harm("Freeze", [before], lasts=60)
        assert proof.proven, proof.how
        os.kill(deployed.noted("agent").pid, signal.SIGKILL)
        (ending,) = deployed.on.end("Freeze", [before])
        assert ending.ended is Ended.BY_OTHERS
        assert "its successor: 1 of" in ending.how
        deployed.until(lambda: deployed.one("api").ready)
        assert deployed.one("api").incarnation == before.incarnation

    def test_a_killed_agent_leaves_a_freeze_that_its_undo_ends(self, deployed: DeployedHere) -> None:
        before = deployed.one("api")
        (proof,) = deployed.on.harm("Freeze", [before], lasts=60)
        assert proof.proven, proof.how
        (planned,) = deployed.on.plan_agents([before], "run")
        os.kill(deployed.noted("agent").pid, signal.SIGKILL)
        assert "processes were still stopped, and run again" in perform(planned)
        deployed.until(lambda: deployed.one("api").ready)
        assert deployed.one("api").incarnation == before.incarnation
        assert "nothing is left" in perform(planned)
