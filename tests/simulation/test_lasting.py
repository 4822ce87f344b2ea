"""A harm that lasts, in virtual time: what heals while it stands, what recovers after its end, and who ended it."""

from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.heals_within import HealsWithin
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.faults.freeze import Freeze
from squall.instances import ONE, Ended
from squall.measure.harm import ended
from squall.record.event import HarmEffect
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.lint import undecidable
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
RECOVERS, HEALS = RecoversWithin("rerank-api", 10), HealsWithin("rerank-api", 5)


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


class World:
    def __init__(self, system: System, folder: Path, weakness: Weakness, *promises: Promise) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform("rerank-api", self.clock, weakness)
        self.folder = RunFolder.create(folder, "freeze")
        self.scenario = Scenario("freeze", "f", system, Freeze("rerank-api", ONE, 12.0), promises, rate=50, seed=1)

    def run(self) -> Judgement:
        traffic = SimulatedTraffic(self.platform, self.clock)
        return Experiment(self.scenario, Surroundings(self.platform, traffic, self.clock), self.folder).run()


def test_it_ends_when_the_scenario_says_and_the_service_recovers(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(), Promise("recovers", RECOVERS), Promise("succeed", SuccessShare(99, 10)))
    judgement = world.run()
    assert judgement.verdict is Verdict.HELD, judgement
    record = world.folder.load()
    over, began = ended(record), next(record.events(HarmEffect)).high
    assert over is not None
    assert over.low - float(str(began)) == pytest.approx(12.0, abs=0.01)
    recovered = judgement.findings[0].figure
    assert recovered is not None
    assert recovered.low == pytest.approx(0.5, abs=0.02)
    assert recovered.high < 1, "what 44 requests could not have seen"
    assert world.platform.calls.count("end Freeze") == 1


def test_one_that_does_not_notice_the_end_in_time_is_broken(system: System, tmp_path: Path) -> None:
    slow = RecoversWithin("rerank-api", 2)
    judgement = World(system, tmp_path, Weakness(notices=4.0), Promise("recovers", slow)).run()
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement


def test_a_frozen_instance_that_is_not_replaced_does_not_heal_by_itself(system: System, tmp_path: Path) -> None:
    judgement = World(system, tmp_path, Weakness(replicas=3), Promise("heals", HEALS)).run()
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement
    assert "instances last" in judgement.findings[0].reason


@pytest.mark.parametrize(
    ("how", "recovers", "succeed"),
    [
        (Ended.BY_OTHERS, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Ended.TARGET_GONE, Verdict.INCONCLUSIVE, Verdict.HELD),
    ],
)
def test_an_end_that_is_not_ours_decides_nothing_that_hangs_on_it(
    system: System, tmp_path: Path, how: Ended, recovers: Verdict, succeed: Verdict
) -> None:
    promises = Promise("recovers", RECOVERS), Promise("succeed", SuccessShare(99, 10))
    judgement = World(system, tmp_path, Weakness(ended=how), *promises).run()
    assert [finding.verdict for finding in judgement.findings] == [recovers, succeed], judgement
    assert judgement.findings[0].cause is Cause.ENDED_EARLY


def test_a_claim_about_a_time_that_the_harm_does_not_have_is_refused(system: System, tmp_path: Path) -> None:
    scenario = World(system, tmp_path, Weakness(), Promise("recovers", RECOVERS)).scenario
    instant = replace(scenario, fault=Crash("rerank-api"))
    assert "has none" in (undecidable(instant) or "")
    tight = replace(scenario, promises=[Promise("heals", HealsWithin("rerank-api", 8))])
    assert "let it last 13s" in (undecidable(tight) or "")
    assert undecidable(scenario) is None
    assert scenario.observation == 12 + 10 + system.steady.hold
