"""Harms to stores in virtual time: each held, broken, and inconclusive for the right reason; and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.claim import Claim
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.errors import Misuse
from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.data_lost import DataLost
from squall.faults.fault import Fault
from squall.faults.flushed import Flushed
from squall.faults.hangs import Hangs
from squall.faults.memory_full import MemoryFull
from squall.faults.pool_exhausted import PoolExhausted
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.instances import Ended
from squall.record.event import HarmEffect, HarmEnded
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.system.system import Service, System, find_system
from squall.testing.platform import SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict
from tests.simulation.pools import Pools

ROOT = Path(__file__).parents[2]
RECOVERS, SUCCEED = RecoversWithin("rerank-api", 10), SuccessShare(99, 30)
LASTING: list[Fault] = [
    SlotsUsedUp("postgres", 12.0),
    TableLocked("postgres", 12.0, table="document"),
    TableLocked("postgres", 12.0, table="document", hold=0.1),
    DataLost("postgres", 12.0),
    MemoryFull("redis", 12.0),
    Hangs("redis", 12.0),
    Hangs("redis", 12.0, hold=0.1),
    PoolExhausted("rerank-api", 12.0),
]
INSTANT: list[Fault] = [
    ConnectionsKilled("postgres"),
    Flushed("redis"),
    StoreRestarted("redis"),
    StoreRestarted("postgres"),
]


@pytest.fixture(scope="module")
def system() -> System:
    # Gauges are read by a thread, whose time is not the simulation's.
    found = find_system("quantum-rerank", ROOT)
    return found.model_copy(update={"services": {name: Service() for name in found.services}})


class World:
    def __init__(self, system: System, base: Path, fault: Fault, claim: Claim, weakness: Weakness) -> None:
        self.clock = VirtualClock()
        self.platform = Pools("rerank-api", self.clock, weakness)
        self.folder = RunFolder.create(base, "store")
        promises = [Promise("as promised", claim)]
        self.scenario = Scenario("store", "f", system, fault, promises, rate=50, seed=1)

    def run(self) -> Judgement:
        traffic = SimulatedTraffic(self.platform, self.clock)
        judgement = Experiment(self.scenario, Surroundings(self.platform, traffic, self.clock), self.folder).run()
        assert not UndoLog(self.folder.undo).open_entries()
        return judgement


def name(fault: Fault) -> str:
    return fault.describe()


@pytest.mark.parametrize("fault", LASTING, ids=name)
def test_one_that_lasts_is_felt_and_the_service_recovers_from_its_end(
    system: System, tmp_path: Path, fault: Fault
) -> None:
    world = World(system, tmp_path, fault, RECOVERS, Weakness())
    judgement = world.run()
    assert judgement.verdict is Verdict.HELD, judgement
    record = world.folder.load()
    assert [event.ended for event in record.events(HarmEnded)] == ["as stated"]
    # The store's harm is undone by its own entry; a pool's service has three instances that are proof.
    assert {str(event.who) for event in record.events(HarmEffect)} in (
        {"postgres"}, {"redis"}, {"rerank-api-0", "rerank-api-1", "rerank-api-2"},
    )  # fmt: skip


@pytest.mark.parametrize("fault", LASTING, ids=name)
def test_one_that_lasts_breaks_what_needs_the_store(system: System, tmp_path: Path, fault: Fault) -> None:
    judgement = World(system, tmp_path, fault, SUCCEED, Weakness()).run()
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement


@pytest.mark.parametrize("fault", INSTANT, ids=name)
def test_one_of_an_instant_is_not_felt_or_it_is(system: System, tmp_path: Path, fault: Fault) -> None:
    assert World(system, tmp_path, fault, SUCCEED, Weakness()).run().verdict is Verdict.HELD
    judgement = World(system, tmp_path, fault, SUCCEED, Weakness(store_gap=3.0)).run()
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement


@pytest.mark.parametrize("fault", [*LASTING, *INSTANT], ids=name)
def test_a_store_that_is_immune_proves_nothing(system: System, tmp_path: Path, fault: Fault) -> None:
    judgement = World(system, tmp_path, fault, SUCCEED, Weakness(immune=True)).run()
    assert (judgement.verdict, judgement.findings[0].cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT), judgement


@pytest.mark.parametrize("fault", LASTING, ids=name)
def test_one_that_others_ended_decides_nothing(system: System, tmp_path: Path, fault: Fault) -> None:
    judgement = World(system, tmp_path, fault, RECOVERS, Weakness(ended=Ended.BY_OTHERS)).run()
    assert (judgement.verdict, judgement.findings[0].cause) == (Verdict.INCONCLUSIVE, Cause.ENDED_EARLY), judgement


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            SlotsUsedUp("mongo", 5.0),
            "simulated.stores does not say how it is reached (known: postgres, redis)",
        ),
        (SlotsUsedUp("redis", 5.0), "it is a Valkey or Redis cache, and this is done to a PostgreSQL database"),
        (Flushed("postgres"), "it is a PostgreSQL database, and this is done to a Valkey or Redis cache"),
        (StoreRestarted("mongo"), "does not say how it is reached"),
    ],
)
def test_what_the_system_file_does_not_allow_is_refused_before_anything_is_done(
    system: System, tmp_path: Path, fault: Fault, said: str
) -> None:
    world = World(system, tmp_path, fault, SUCCEED, Weakness())
    with pytest.raises(Misuse) as refused:
        world.run()
    assert said in str(refused.value)
    assert "deploy" not in world.platform.calls


@pytest.mark.parametrize("fault", [Flushed("redis"), MemoryFull("redis", 5.0), StoreRestarted("redis")], ids=name)
def test_a_store_whose_data_may_not_be_lost_is_not_harmed(system: System, tmp_path: Path, fault: Fault) -> None:
    world = World(system, tmp_path, fault, SUCCEED, Weakness())
    kept = world.platform.kept["redis"]
    world.platform.kept["redis"] = replace(kept, endpoint=kept.endpoint.model_copy(update={"disposable": False}))
    with pytest.raises(Misuse, match=r"and platforms.simulated.stores.redis does not say disposable: true"):
        world.run()
    assert world.platform.kept["redis"].calls == []


def test_a_pool_is_exhausted_only_where_its_gauges_say_so(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = PoolExhausted("rerank-api", 12.0)
    world = World(system, tmp_path, fault, SUCCEED, Weakness())
    monkeypatch.setattr(world.platform, "metrics", lambda *_: "pool_free 0\npool_waiting 0\n")
    judgement = world.run()
    assert judgement.findings[0].cause is Cause.NO_EFFECT
    effects = list(world.folder.load().events(HarmEffect))
    assert {effect.how for effect in effects} == {"pool free 0, pool waiting 0"}
    world = World(system, tmp_path, fault, SUCCEED, Weakness())
    monkeypatch.setattr(world.platform, "gauges", lambda _: {})
    with pytest.raises(Misuse, match=r'services.rerank-api.gauges has no "pool free" and no "pool waiting"'):
        world.run()
