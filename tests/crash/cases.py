"""The runs that are killed: one for each fault on each platform that it is tried on, short and under real probes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.fault import Fault
from squall.faults.freeze import Freeze
from squall.scenario import Promise, Scenario
from squall.system import Steady, System
from squall.target import ONE
from tests.platforms import echo_cluster, tiny_system

LASTS = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """A fault on a platform; ``context`` is the cluster's."""

    platform: str
    system: Callable[[], System]
    fault: Fault
    context: str | None = None

    def scenario(self) -> Scenario:
        """Return a run of some seconds: p95 needs 200 samples, and probes make 150 a second."""
        steady = Steady.model_validate({"window": "2s", "hold": "2s", "patience": "40s"})
        system = self.system().model_copy(update={"steady": steady})
        promises = [Promise("half of the requests succeed", SuccessShare(50, 1))]
        return Scenario("killed", "crash", system, self.fault, promises, rate=50, seed=1)


def _local(fault: Fault) -> Case:
    return Case("local", tiny_system.tiny, fault)


def _kind(fault: Fault) -> Case:
    return Case("kind", lambda: echo_cluster.SYSTEM, fault, echo_cluster.CONTEXT)


CASES: Mapping[str, Case] = {
    "local crash": _local(Crash("api", ONE)),
    "local deletion": _local(Deletion("api", ONE)),
    "local freeze": _local(Freeze("api", ONE, LASTS)),
    "kind crash": _kind(Crash("echo", ONE)),
    "kind deletion": _kind(Deletion("echo", ONE)),
    "kind freeze": _kind(Freeze("echo", ONE, LASTS)),
}
ROOT = Path(__file__).parents[2]
