"""Harms that the platform kind offers. Pin is not among them: an autoscaler would change what other cases look at."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from squall.faults.api_server_freeze import ApiServerFreeze
from squall.faults.close import Close
from squall.faults.configuration import Configuration
from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.consumer_stopped import ConsumerStopped
from squall.faults.cordon import Cordon
from squall.faults.crash import Crash
from squall.faults.crash_loop import CrashLoop
from squall.faults.data_lost import DataLost
from squall.faults.deletion import Deletion
from squall.faults.drain import Drain
from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.fault import Harm
from squall.faults.flushed import Flushed
from squall.faults.forced_deletion import ForcedDeletion
from squall.faults.freeze import Freeze
from squall.faults.full_disk import FullDisk
from squall.faults.hangs import Hangs
from squall.faults.little_cpu import LittleCpu
from squall.faults.memory_full import MemoryFull
from squall.faults.misdirect import Misdirect
from squall.faults.node_freeze import NodeFreeze
from squall.faults.node_loss import NodeLoss
from squall.faults.node_stop import NodeStop
from squall.faults.out_of_memory import OutOfMemory
from squall.faults.outage import Outage
from squall.faults.partition import Partition
from squall.faults.pool_exhausted import PoolExhausted
from squall.faults.release import Release
from squall.faults.resets import Resets
from squall.faults.resolution import NameResolution
from squall.faults.rollout_paused import RolloutPaused
from squall.faults.scale import Scale
from squall.faults.secret_rotated import SecretRotated
from squall.faults.silence import Silence
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.slower import Slower
from squall.faults.store_restarted import StoreRestarted
from squall.faults.switch import Switch
from squall.faults.table_locked import TableLocked
from squall.faults.unreachable import Unreachable
from squall.instances import EVERY, ONE
from squall.system.system import System
from tests.crash.cases import LASTS, ROOT, Case, quick
from tests.platforms.echo_cluster import CONTEXT

TESTS = ROOT / "tests"


class _Made(Protocol):
    def __call__(self, harm: Callable[[float], Harm], fills: str | None = None) -> Case: ...


def _on(file: Path) -> _Made:
    def case(harm: Callable[[float], Harm], fills: str | None = None) -> Case:
        return Case("kind", lambda: quick(System.read(file)), harm, CONTEXT, fills)

    return case


_harmed = _on(TESTS / "platforms" / "harmed_system" / "system.yaml")
_machine = _on(TESTS / "kind" / "machine_system" / "system.yaml")
_network = _on(TESTS / "kind" / "network_system" / "system.yaml")
_queue = _on(TESTS / "platforms" / "queue" / "system.yaml")
_rerank = _on(ROOT / "scenarios" / "quantum_rerank" / "system.yaml")

KIND: Mapping[str, Case] = {
    "kind crash": _harmed(lambda _: Crash("front", ONE)),
    "kind deletion": _harmed(lambda _: Deletion("front", ONE)),
    "kind forced deletion": _harmed(lambda _: ForcedDeletion("front", ONE)),
    "kind crash loop": _harmed(lambda lasts: CrashLoop("front", ONE, lasts)),
    "kind freeze": _harmed(lambda lasts: Freeze("front", ONE, lasts)),
    "kind unreachable": _harmed(lambda lasts: Unreachable("front", ONE, lasts)),
    "kind names": _network(lambda lasts: NameResolution("shop", EVERY, lasts)),
    "kind partition": _network(lambda lasts: Partition("shop", EVERY, lasts, other="store")),
    "kind slower": _harmed(lambda lasts: Slower("front", EVERY, lasts, delay=0.05)),
    "kind errors": _harmed(lambda lasts: ErrorsAnswered("front", EVERY, lasts, part=0.3)),
    "kind resets": _harmed(lambda lasts: Resets("front", ONE, lasts)),
    "kind silence": _harmed(lambda lasts: Silence("front", ONE, lasts)),
    "kind memory": _machine(lambda _: OutOfMemory("mill", EVERY)),
    "kind little CPU": _machine(lambda lasts: LittleCpu("mill", EVERY, lasts, percent=5.0)),
    "kind full disk": _machine(lambda lasts: FullDisk("mill", EVERY, lasts, path="/scratch", level=95.0)),
    "kind cordon": _harmed(lambda lasts: Cordon("front", ONE, lasts)),
    "kind drain": _harmed(lambda _: Drain("front", ONE)),
    "kind scale": _harmed(lambda lasts: Scale("front", EVERY, lasts, 1)),
    "kind misdirection": _harmed(lambda lasts: Misdirect("front", EVERY, lasts)),
    "kind switch": _harmed(lambda lasts: Switch("front", EVERY, lasts, other="green")),
    "kind closing": _harmed(lambda lasts: Close("front", EVERY, lasts)),
    "kind outage": _harmed(lambda lasts: Outage("", EVERY, lasts)),
    "kind configuration": _harmed(
        lambda lasts: Configuration("back", EVERY, lasts, configuration="names a port that nobody asks")
    ),
    "kind rollout paused": _harmed(lambda lasts: RolloutPaused("front", EVERY, lasts)),
    "kind failing release": _rerank(lambda _: Release("rerank-api", "fails its health check")),
    "kind slots used up": _rerank(lambda lasts: SlotsUsedUp("postgres", lasts)),
    "kind table locked": _rerank(lambda lasts: TableLocked("postgres", lasts, table="document")),
    "kind connections killed": _rerank(lambda _: ConnectionsKilled("postgres")),
    "kind data lost": _rerank(lambda lasts: DataLost("postgres", lasts)),
    "kind pool exhausted": _rerank(lambda lasts: PoolExhausted("rerank-api", lasts)),
    "kind database restarted": _rerank(lambda _: StoreRestarted("postgres")),
    "kind secret rotated": _rerank(lambda _: SecretRotated("rerank-api", EVERY, 0.0, "database-password")),
    "kind cache flushed": _rerank(lambda _: Flushed("redis"), fills="redis"),
    "kind consumer stopped": _queue(lambda lasts: ConsumerStopped("worker", "jobs", lasts)),
    # The server alone can end a pause: whoever undoes it waits, so it is never long.
    "kind cache hangs": _rerank(lambda _: Hangs("redis", 3 * LASTS)),
    "kind cache full": _rerank(lambda lasts: MemoryFull("redis", lasts), fills="redis"),
    "kind node stopped": _harmed(lambda lasts: NodeStop("front", ONE, lasts)),
    "kind node frozen": _harmed(lambda lasts: NodeFreeze("front", ONE, lasts)),
    "kind node lost": _harmed(lambda lasts: NodeLoss("front", ONE, lasts)),
    # Its timer in the node ends it, too.
    "kind API server frozen": _harmed(lambda lasts: ApiServerFreeze("", EVERY, min(lasts, 8 * LASTS))),
}
