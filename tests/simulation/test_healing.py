"""For each fault a run in which healing is HELD, with a time that was seen, and one in which it is BROKEN, by whom."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.claims.claim import Claim
from squall.claims.heals_within import HealsWithin
from squall.claims.recovers_within import RecoversWithin
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
from squall.faults.fault import Fault, Harm
from squall.faults.flushed import Flushed
from squall.faults.forced_deletion import ForcedDeletion
from squall.faults.freeze import Freeze
from squall.faults.full_disk import FullDisk
from squall.faults.hangs import Hangs
from squall.faults.little_cpu import LittleCpu
from squall.faults.load_rise import LoadRise
from squall.faults.memory_full import MemoryFull
from squall.faults.misdirect import Misdirect
from squall.faults.node_freeze import NodeFreeze
from squall.faults.node_loss import NodeLoss
from squall.faults.node_stop import NodeStop
from squall.faults.nothing import Nothing
from squall.faults.out_of_memory import OutOfMemory
from squall.faults.outage import Outage
from squall.faults.overlapping import Overlapping
from squall.faults.partition import Partition
from squall.faults.pin import Pin
from squall.faults.pool_exhausted import PoolExhausted
from squall.faults.registry import faults
from squall.faults.resets import Resets
from squall.faults.resolution import NameResolution
from squall.faults.rollback import Rollback
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
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.lint import undecidable
from squall.run.scenario import Promise, Scenario
from squall.system.system import Service, System, find_system
from squall.testing.platform import SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Finding, Verdict
from tests.simulation.pools import Pools

ROOT = Path(__file__).parents[2]
API = "rerank-api"
HEALS, RECOVERS = HealsWithin(API, 10), RecoversWithin(API, 10)
LONG = 20.0


@dataclass(frozen=True)
class Row:
    """A fault, what is claimed, who is last to be well, and the systems in which it is kept and in which it is not."""

    fault: Fault
    claim: Claim
    last: str
    well: Weakness
    ill: Weakness


# Who is struck down, and comes back, or does not.
GONE = Weakness(restart=4), Weakness(comes_back=False)
MOVED = Weakness(restart=4, nodes=3), Weakness(comes_back=False, nodes=3)
LATE = Weakness(restart=2), Weakness(restart=15)
# Who stands still, and is replaced, or is not.
STUCK = Weakness(replaces=4), Weakness()
# Whom nobody reaches; after the end users are served well soon, or too late.
UNREACHED = Weakness(lingers=2, notices=0), Weakness(lingers=15, notices=0)
# What needs the store is not ready for as long as it is away.
FELT = Weakness(store_gap=3, notices=0), Weakness(store_gap=30, notices=0)

ROWS = [
    Row(Crash(API), HEALS, "instances", *GONE),
    Row(CrashLoop(API, ONE, 8.0), RECOVERS, "instances", *UNREACHED),
    Row(OutOfMemory(API), HEALS, "instances", *GONE),
    Row(Deletion(API), HEALS, "instances", *GONE),
    Row(ForcedDeletion(API), HEALS, "instances", *GONE),
    Row(Drain(API, ONE), HEALS, "instances", *MOVED),
    Row(NodeStop(API, ONE, LONG), HEALS, "instances", *MOVED),
    Row(NodeFreeze(API, ONE, LONG), HEALS, "instances", *MOVED),
    Row(NodeLoss(API, ONE, LONG), HEALS, "instances", *MOVED),
    Row(Freeze(API, ONE, LONG), HEALS, "instances", *STUCK),
    Row(FullDisk(API, ONE, LONG), HEALS, "instances", *STUCK),
    Row(LittleCpu(API, ONE, LONG), HEALS, "instances", *STUCK),
    Row(ConsumerStopped(API, "redis jobs", 8.0), RECOVERS, "users", *UNREACHED),
    Row(Rollback(API), HEALS, "instances", Weakness(restart=2), Weakness(comes_back=False)),
    Row(SecretRotated(API, EVERY, 0.0, "database-password"), HEALS, "instances", *LATE),
    Row(Configuration(API, EVERY, 8.0, "names no database"), RECOVERS, "users", *UNREACHED),
    Row(Scale(API, EVERY, 8.0, 0), RECOVERS, "users", *LATE),
    Row(Outage("", EVERY, 8.0), RECOVERS, "users", *LATE),
    Row(Misdirect(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Close(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Switch(API, EVERY, 8.0, "green"), RECOVERS, "users", *UNREACHED),
    Row(ErrorsAnswered(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Resets(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Silence(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Slower(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Unreachable(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(Partition(API, EVERY, 8.0, "postgres"), RECOVERS, "users", *UNREACHED),
    Row(NameResolution(API, EVERY, 8.0), RECOVERS, "users", *UNREACHED),
    Row(LoadRise(rate=100, lasts=8.0), RECOVERS, "users", Weakness(capacity=70),
        Weakness(capacity=70, stays_overloaded=True)),
    Row(SlotsUsedUp("postgres", 8.0), RECOVERS, "users", *UNREACHED),
    Row(TableLocked("postgres", 8.0, table="document"), RECOVERS, "users", *UNREACHED),
    Row(DataLost("postgres", 8.0), RECOVERS, "users", *UNREACHED),
    Row(MemoryFull("redis", 8.0), RECOVERS, "users", *UNREACHED),
    Row(Hangs("redis", 8.0), RECOVERS, "users", *UNREACHED),
    Row(PoolExhausted(API, 8.0), RECOVERS, "users", *UNREACHED),
    Row(ConnectionsKilled("postgres"), HEALS, "users", *FELT),
    Row(Flushed("redis"), HEALS, "users", *FELT),
    Row(StoreRestarted("redis"), HEALS, "users", *FELT),
]  # fmt: skip
# Nobody is harmed by these alone, so that there is nothing to heal; a count that squall keeps heals by its end alone.
HARMLESS: list[Fault] = [Cordon(API, ONE), Pin(API), RolloutPaused(API, EVERY, LONG), Nothing(LONG)]
KEPT: list[Fault] = [Scale(API, EVERY, 0.0, 1), Outage("")]
# Simulated platforms have no releaser, and an API server that hangs is felt by nobody: they are among the vectors.
ELSEWHERE = {"Release", "ApiServerFreeze"}


@pytest.fixture(scope="module")
def system() -> System:
    # Gauges are read by a thread, whose time is not the simulation's.
    found = find_system("quantum-rerank", ROOT)
    return found.model_copy(update={"services": {name: Service() for name in found.services}})


def scenario(system: System, fault: Harm, claim: Claim) -> Scenario:
    return Scenario("heals", "f", system, fault, [Promise("as promised", claim)], rate=50, seed=1)


def found(system: System, base: Path, fault: Harm, claim: Claim, weakness: Weakness) -> Finding:
    clock = VirtualClock()
    platform = Pools(API, clock, weakness)
    platform.kept["redis"].brought = 5.0
    around = Surroundings(platform, SimulatedTraffic(platform, clock), clock)
    (finding,) = Experiment(scenario(system, fault, claim), around, RunFolder.create(base, "heals")).run().findings
    return finding


def name(row: Row) -> str:
    return type(row.fault).__name__


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_what_is_well_again_in_time_is_held_with_a_time_that_was_seen(system: System, tmp_path: Path, row: Row) -> None:
    finding = found(system, tmp_path, row.fault, row.claim, row.well)
    assert finding.verdict is Verdict.HELD, finding
    assert f"{row.last} last" in finding.reason
    # A load that falls is served well at once.
    assert finding.figure is not None
    assert finding.figure.low > (-1 if isinstance(row.fault, LoadRise) else 0.4)


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_what_is_not_well_again_in_time_is_broken(system: System, tmp_path: Path, row: Row) -> None:
    finding = found(system, tmp_path, row.fault, row.claim, row.ill)
    assert finding.verdict is Verdict.BROKEN, finding
    assert f"{row.last} last" in finding.reason


def test_each_fault_of_the_catalogue_is_in_the_table() -> None:
    assert {name(row) for row in ROWS} | {type(fault).__name__ for fault in HARMLESS} | ELSEWHERE == set(faults())


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: type(fault).__name__)
def test_healing_of_what_nobody_harms_is_refused(system: System, fault: Fault) -> None:
    assert "where nothing is harmed" in (undecidable(scenario(system, fault, HEALS)) or "")


@pytest.mark.parametrize("fault", KEPT, ids=lambda fault: type(fault).__name__)
def test_what_only_the_end_can_heal_does_not_heal_by_itself(system: System, fault: Fault) -> None:
    assert "squall keeps the number of instances so" in (undecidable(scenario(system, fault, HEALS)) or "")


def test_a_harmless_fault_beside_one_that_harms_is_asked_about_the_other(system: System, tmp_path: Path) -> None:
    both = Overlapping([Cordon(API, ONE), Crash(API)], [0.0, 1.0])
    assert undecidable(scenario(system, both, HEALS)) is None
    assert found(system, tmp_path, both, HEALS, Weakness(restart=4)).verdict is Verdict.HELD
    broken = found(system, tmp_path, both, HEALS, Weakness(comes_back=False))
    assert (broken.verdict, "instances last" in broken.reason) == (Verdict.BROKEN, True)


@pytest.mark.parametrize("fault", [Scale(API, EVERY, 8.0, 8)], ids=["scaled up"])
def test_where_nothing_was_seen_to_be_harmed_nothing_recovered(system: System, tmp_path: Path, fault: Fault) -> None:
    finding = found(system, tmp_path, fault, RECOVERS, Weakness())
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)
    assert "nothing of rerank-api was seen to be harmed" in finding.reason
