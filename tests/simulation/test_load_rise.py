"""A load that rises, in virtual time: carried, not carried, not risen, not made."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.fault import Fault, Target
from squall.faults.load_rise import LoadRise
from squall.instances import Ended
from squall.interval import Interval
from squall.measure.arrivals import due
from squall.record.event import HarmEffect, RateChanged
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.blast_radius import exceeds_rate
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROMISES = Promise("succeed", SuccessShare(99, 10)), Promise("recovers", RecoversWithin("rerank-api", 5))


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


@dataclass
class World:
    system: System
    folder: Path
    fault: Fault
    weakness: Weakness
    strained: float = 0.0

    def run(self) -> tuple[Judgement, RunFolder]:
        clock, folder = VirtualClock(), RunFolder.create(self.folder, "rise")
        platform = SimulatedPlatform("rerank-api", clock, self.weakness)
        traffic = SimulatedTraffic(platform, clock)
        traffic.strained = self.strained
        scenario = Scenario("rise", "f", self.system, self.fault, PROMISES, rate=50, seed=1)
        return Experiment(scenario, Surroundings(platform, traffic, clock), folder).run(), folder


@pytest.mark.parametrize("fault", [LoadRise(200, lasts=20), LoadRise(times=4, lasts=20)], ids=["to 200", "fourfold"])
def test_a_system_that_carries_it_holds_and_the_load_falls_again(system: System, tmp_path: Path, fault: Fault) -> None:
    judgement, folder = World(system, tmp_path, fault, Weakness()).run()
    assert judgement.verdict is Verdict.HELD, judgement
    record = folder.load()
    (effect,) = record.events(HarmEffect)
    left, _, told = effect.how.partition(" ")
    # As soon as they lie beyond the middle between what 50 and what 200 a second would have sent.
    assert 125 <= int(left) <= 200
    assert told == "requests left that were meant for the 1 s from then on, before that 50 a second"
    (raised, lowered) = record.events(RateChanged)
    assert (raised.rate, lowered.rate) == (200, 50)
    start, end = raised.start, lowered.start
    assert end - start == pytest.approx(20, abs=0.3)
    assert due(record, start, end) == pytest.approx(200 * (end - start), abs=1)
    assert UndoLog(folder.undo).open_entries() == {}


def test_a_system_that_does_not_carry_it_breaks_and_recovers_with_the_usual_load(
    system: System, tmp_path: Path
) -> None:
    judgement, _ = World(system, tmp_path, LoadRise(200, lasts=20), Weakness(capacity=150)).run()
    succeed, recovers = judgement.findings
    assert (succeed.verdict, recovers.verdict) == (Verdict.BROKEN, Verdict.HELD), judgement
    assert "75" in succeed.reason


def test_a_load_that_is_as_high_already_does_not_rise(system: System, tmp_path: Path) -> None:
    judgement, folder = World(system, tmp_path, LoadRise(50, lasts=20), Weakness()).run()
    assert (judgement.verdict, judgement.headline.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT), judgement
    assert "50 requests per second arrive as it is" in judgement.headline.reason
    assert list(folder.load().events(RateChanged)) == []


@pytest.mark.parametrize(
    ("strained", "cause"), [(0.5, Cause.NO_EFFECT), (0.1, Cause.LOAD_SHORT)], ids=["most is lost", "some is lost"]
)
def test_a_generator_that_cannot_keep_it_proves_nothing(
    system: System, tmp_path: Path, strained: float, cause: Cause
) -> None:
    judgement, _ = World(system, tmp_path, LoadRise(200, lasts=20), Weakness(), strained).run()
    assert (judgement.verdict, judgement.headline.cause) == (Verdict.INCONCLUSIVE, cause), judgement


def test_a_rate_that_someone_else_changed_is_told() -> None:
    class Meddled:
        usual, rate, patience = 50.0, 80.0, 1.0

        def change(self, rate: float) -> Interval:
            return Interval(1, 2)

        def left(self, start: float, end: float) -> int:
            return 0

    clock = VirtualClock()
    target = Target(SimulatedPlatform("api", clock), (), "run", clock, Meddled())
    (ending,) = LoadRise(200, lasts=20).end(target)
    assert (ending.ended, ending.how) == (
        Ended.BY_OTHERS, "the load was at 80 requests per second, and is at 50 again",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "rate", "refused"),
    [
        (LoadRise(200, lasts=20), 50, ""),
        (LoadRise(201, lasts=20), 50, '201 requests per second arrive, and "quantum-rerank" permits 200 at most'),
        (LoadRise(times=5, lasts=20), 50, "250 requests per second arrive"),
        (LoadRise(times=2, lasts=20), 300, "600 requests per second arrive"),
    ],
)
def test_more_than_the_system_file_permits_is_refused(system: System, fault: Fault, rate: float, refused: str) -> None:
    bounded = system.model_copy(update={"load": system.load.model_copy(update={"at_most": 200.0})})
    said = exceeds_rate(Scenario("rise", "f", bounded, fault, PROMISES, rate=rate, seed=1))
    assert said.startswith(refused)
    assert bool(said) == bool(refused)
    free = system.model_copy(update={"load": system.load.model_copy(update={"at_most": None})})
    assert exceeds_rate(Scenario("rise", "f", free, fault, PROMISES, rate=rate, seed=1)) == ""
