"""Every harm that the platform local offers, and each way to compose them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.consumer_stopped import ConsumerStopped
from squall.faults.crash import Crash
from squall.faults.crash_loop import CrashLoop
from squall.faults.data_lost import DataLost
from squall.faults.deletion import Deletion
from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.fault import Harm
from squall.faults.flushed import Flushed
from squall.faults.freeze import Freeze
from squall.faults.hangs import Hangs
from squall.faults.in_turn import InTurn
from squall.faults.memory_full import MemoryFull
from squall.faults.one_by_one import OneByOne
from squall.faults.overlapping import Overlapping
from squall.faults.pool_exhausted import PoolExhausted
from squall.faults.release import Release
from squall.faults.resets import Resets
from squall.faults.silence import Silence
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.slower import Slower
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.faults.together import Together
from squall.instances import EVERY, ONE
from squall.system.system import System
from tests.crash.cases import LASTS, ROOT, Case, quick

HERE = Path(__file__).parent


def _cached(harm: Callable[[float], Harm], fills: str | None = None) -> Case:
    return Case("local", lambda: quick(System.read(HERE / "cached" / "system.yaml")), harm, fills=fills)


def _shop(harm: Callable[[float], Harm]) -> Case:
    return Case("local", lambda: quick(System.read(HERE / "shop" / "system.yaml")), harm)


def _queue(harm: Callable[[float], Harm]) -> Case:
    return Case("local", lambda: quick(System.read(ROOT / "tests" / "platforms" / "queue" / "system.yaml")), harm)


LOCAL: Mapping[str, Case] = {
    "local crash": _cached(lambda _: Crash("api", ONE)),
    "local crash of every": _cached(lambda _: Crash("api", EVERY)),
    "local crash one by one": _cached(lambda _: OneByOne(Crash("api", EVERY), 0.3)),
    "local deletion": _cached(lambda _: Deletion("api", ONE)),
    "local crash loop": _cached(lambda lasts: CrashLoop("api", ONE, lasts)),
    "local freeze": _cached(lambda lasts: Freeze("api", ONE, lasts)),
    "local freeze of every": _cached(lambda lasts: Freeze("api", EVERY, lasts)),
    "local slower": _cached(lambda lasts: Slower("cache", EVERY, lasts, delay=0.05)),
    "local errors": _cached(lambda lasts: ErrorsAnswered("api", EVERY, lasts, part=0.3)),
    "local resets": _cached(lambda lasts: Resets("cache", EVERY, lasts)),
    "local silence": _cached(lambda lasts: Silence("cache", EVERY, lasts)),
    "local failing release": _cached(lambda _: Release("api", "fails its health check")),
    "local good release": _cached(lambda _: Release("api", "is good")),
    "local cache flushed": _cached(lambda _: Flushed("cache"), fills="cache"),
    # The server alone can end a pause: whoever undoes it waits, so it is never long.
    "local cache hangs": _cached(lambda _: Hangs("cache", 3 * LASTS)),
    "local cache hangs in turns": _cached(lambda lasts: Hangs("cache", lasts, hold=0.2)),
    "local cache full": _cached(lambda lasts: MemoryFull("cache", lasts), fills="cache"),
    "local cache restarted": _cached(lambda _: StoreRestarted("cache")),
    "local slots used up": _shop(lambda lasts: SlotsUsedUp("documents", lasts)),
    "local table locked": _shop(lambda lasts: TableLocked("documents", lasts, table="document")),
    "local table locked in turns": _shop(lambda lasts: TableLocked("documents", lasts, table="document", hold=0.1)),
    "local connections killed": _shop(lambda _: ConnectionsKilled("documents")),
    "local data lost": _shop(lambda lasts: DataLost("documents", lasts)),
    "local pool exhausted": _shop(lambda lasts: PoolExhausted("api", lasts)),
    "local database restarted": _shop(lambda _: StoreRestarted("documents")),
    "local consumer stopped": _queue(lambda lasts: ConsumerStopped("worker", "jobs", lasts)),
    "local together": _shop(lambda lasts: Together((Freeze("api", ONE, lasts), SlotsUsedUp("documents", lasts)))),
    "local in turn": _shop(lambda lasts: InTurn((Crash("api", ONE), DataLost("documents", lasts)), 0.3)),
    "local overlapping": _cached(
        lambda lasts: Overlapping((Freeze("api", ONE, lasts), MemoryFull("cache", lasts)), (0.0, 0.5)), fills="cache"
    ),
}
