"""The runs that are killed: one for each fault on each platform that it is tried on, short and under real probes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from squall.claims.success_share import SuccessShare
from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.cordon import Cordon
from squall.faults.crash import Crash
from squall.faults.data_lost import DataLost
from squall.faults.deletion import Deletion
from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.fault import Fault, Harm
from squall.faults.flushed import Flushed
from squall.faults.freeze import Freeze
from squall.faults.hangs import Hangs
from squall.faults.memory_full import MemoryFull
from squall.faults.misdirect import Misdirect
from squall.faults.release import Release
from squall.faults.resolution import NameResolution
from squall.faults.scale import Scale
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.slower import Slower
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.faults.together import Together
from squall.faults.unreachable import Unreachable
from squall.scenario import Promise, Scenario
from squall.system import Steady, System
from squall.target import EVERY, ONE
from tests.platforms import echo_cluster, tiny_system

LASTS = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """A harm on a platform; ``context`` is the cluster's."""

    platform: str
    system: Callable[[], System]
    fault: Harm
    context: str | None = None

    def scenario(self) -> Scenario:
        """Return a run of some seconds: p95 needs 200 samples, and probes make 150 a second."""
        steady = Steady.model_validate({"window": "2s", "hold": "2s", "patience": "40s"})
        system = self.system().model_copy(update={"steady": steady})
        promises = [Promise("half of the requests succeed", SuccessShare(50, 1))]
        return Scenario("killed", "crash", system, self.fault, promises, rate=50, seed=1)


def _local(fault: Harm) -> Case:
    return Case("local", tiny_system.tiny, fault)


def _kind(fault: Fault) -> Case:
    return Case("kind", lambda: echo_cluster.SYSTEM, fault, echo_cluster.CONTEXT)


CASES: Mapping[str, Case] = {
    "local crash": _local(Crash("api", ONE)),
    "local deletion": _local(Deletion("api", ONE)),
    "local freeze": _local(Freeze("api", ONE, LASTS)),
    "local slots": _local(SlotsUsedUp("documents", LASTS)),
    "local lock": _local(TableLocked("documents", LASTS, table="document")),
    "local sessions": _local(ConnectionsKilled("documents")),
    "local data": _local(DataLost("documents", LASTS)),
    "local flush": _local(Flushed("cache")),
    "local pause": _local(Hangs("cache", LASTS)),
    "local memory": _local(MemoryFull("cache", LASTS)),
    "local restart": _local(StoreRestarted("cache")),
    "local release": _local(Release("api", "is good")),
    "local two": _local(Together((Freeze("api", ONE, LASTS), TableLocked("documents", LASTS, table="document")))),
    "kind crash": _kind(Crash("echo", ONE)),
    "kind deletion": _kind(Deletion("echo", ONE)),
    "kind freeze": _kind(Freeze("echo", ONE, LASTS)),
    "kind cordon": _kind(Cordon("echo", ONE, LASTS)),
    "kind scale": _kind(Scale("echo", EVERY, LASTS, 1)),
    "kind selector": _kind(Misdirect("echo", EVERY, LASTS)),
    "kind unreachable": _kind(Unreachable("echo", ONE, LASTS)),
    "kind names": _kind(NameResolution("echo", EVERY, LASTS)),
    "kind slower": _kind(Slower("echo", EVERY, LASTS, delay=0.05)),
    "kind errors": _kind(ErrorsAnswered("echo", EVERY, LASTS)),
}
ROOT = Path(__file__).parents[2]
