"""Harms to the platform's own objects, in virtual time: ended as stated, standing to the end, ended by others."""

from pathlib import Path

import pytest

from squall.claims.no_failure import NoFailure
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.api_server_freeze import ApiServerFreeze
from squall.faults.close import Close
from squall.faults.configuration import Configuration
from squall.faults.cordon import Cordon
from squall.faults.drain import Drain
from squall.faults.fault import Fault
from squall.faults.misdirect import Misdirect
from squall.faults.node_freeze import NodeFreeze
from squall.faults.node_loss import NodeLoss
from squall.faults.node_stop import NodeStop
from squall.faults.outage import Outage
from squall.faults.pin import Pin
from squall.faults.rollback import Rollback
from squall.faults.rollout_paused import RolloutPaused
from squall.faults.scale import Scale
from squall.faults.secret_rotated import SecretRotated
from squall.faults.switch import Switch
from squall.instances import EVERY, ONE, Ended, Share
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
API = "rerank-api"
NONE_FAILS = Promise("no request fails", NoFailure())
SUCCEED, RECOVERS = Promise("succeed", SuccessShare(99, 10)), Promise("recovers", RecoversWithin(API, 10))
# Those that no user feels, and those that all of them feel.
SECRET = SecretRotated(API, EVERY, 0.0, "database-password")
MILD: list[Fault] = [Cordon(API, ONE), Scale(API, EVERY, 0.0, 8), Pin(API), Rollback(API), SECRET]
NODES: list[Fault] = [Drain(API, ONE, 8.0), NodeStop(API, ONE, 8.0), NodeFreeze(API, ONE, 8.0), NodeLoss(API, ONE, 8.0)]
HARD: list[Fault] = [
    Misdirect(API, EVERY, 8.0),
    Close(API, EVERY, 8.0),
    Scale(API, EVERY, 8.0, 0),
    Outage("", EVERY, 8.0),
    Switch(API, EVERY, 8.0, "green"),
    Configuration(API, EVERY, 8.0, "names no database"),
    *NODES,
]


@pytest.fixture(scope="module")
def system() -> System:
    # The simulated platform has all instances on one node, which may only be harmed where all of them may.
    return find_system("quantum-rerank", ROOT).model_copy(update={"harm_at_most": "100%"})


class World:
    def __init__(self, system: System, folder: Path, weakness: Weakness, fault: Fault, *promises: Promise) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform(API, self.clock, weakness)
        self.folder = RunFolder.create(folder, "harm")
        self.scenario = Scenario("harm", "f", system, fault, promises, rate=50, seed=1)

    def run(self) -> Judgement:
        traffic = SimulatedTraffic(self.platform, self.clock)
        return Experiment(self.scenario, Surroundings(self.platform, traffic, self.clock), self.folder).run()


def name(fault: Fault) -> str:
    return type(fault).__name__


@pytest.mark.parametrize("fault", MILD, ids=name)
def test_what_no_user_feels_is_held(system: System, tmp_path: Path, fault: Fault) -> None:
    world = World(system, tmp_path, Weakness(), fault, SUCCEED)
    assert world.run().verdict is Verdict.HELD
    assert len(world.folder.plan().targets) == 3
    assert world.folder.plan().undo
    assert not [call for call in world.platform.calls if call.startswith("end")]


@pytest.mark.parametrize("fault", HARD, ids=name)
def test_what_users_feel_breaks_and_is_over_when_it_is_ended(system: System, tmp_path: Path, fault: Fault) -> None:
    world = World(system, tmp_path, Weakness(), fault, SUCCEED, RECOVERS)
    assert [finding.verdict for finding in world.run().findings] == [Verdict.BROKEN, Verdict.HELD]
    assert len([call for call in world.platform.calls if call.startswith("end")]) == 1


@pytest.mark.parametrize("fault", [*MILD, *HARD], ids=name)
def test_what_is_so_already_proves_nothing(system: System, tmp_path: Path, fault: Fault) -> None:
    (finding,) = World(system, tmp_path, Weakness(immune=True), fault, SUCCEED).run().findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)
    assert "is so already" in finding.reason


@pytest.mark.parametrize("fault", [*MILD, *HARD], ids=name)
def test_what_someone_else_reverted_proves_nothing(system: System, tmp_path: Path, fault: Fault) -> None:
    world = World(system, tmp_path, Weakness(ended=Ended.BY_OTHERS), fault, SUCCEED)
    (finding,) = world.run().findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.ENDED_EARLY)
    assert world.folder.plan().warnings == ["someone else will end it"]


def test_a_paused_rollout_is_felt_by_no_user_and_goes_on(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(), RolloutPaused(API, EVERY, 8.0), SUCCEED)
    assert world.run().verdict is Verdict.HELD
    assert world.platform.calls.count("end RolloutPaused") == 1


def test_an_api_server_that_stands_still_is_felt_by_no_user(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(), ApiServerFreeze(lasts=8.0), SUCCEED)
    assert world.run().verdict is Verdict.HELD
    assert world.platform.calls.count("end ApiServerFreeze") == 1
    assert world.folder.plan().targets == []


def test_users_who_fail_meanwhile_are_not_forgiven(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(errors=0.005), ApiServerFreeze(lasts=8.0), NONE_FAILS)
    (finding,) = world.run().findings
    assert finding.verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("weakness", "cause"),
    [(Weakness(immune=True), Cause.NO_EFFECT), (Weakness(ended=Ended.BY_OTHERS), Cause.ENDED_EARLY)],
    ids=["it answers all the same", "someone let it go on"],
)
def test_an_api_server_that_does_not_hang_as_stated_proves_nothing(
    system: System, tmp_path: Path, weakness: Weakness, cause: Cause
) -> None:
    (finding,) = World(system, tmp_path, weakness, ApiServerFreeze(lasts=8.0), SUCCEED).run().findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, cause)


def test_more_nodes_than_there_are_is_no_target(system: System, tmp_path: Path) -> None:
    (finding,) = World(system, tmp_path, Weakness(), Cordon(API, Share(2)), SUCCEED).run().findings
    assert (finding.cause, finding.reason) == (
        Cause.NO_TARGET,
        "choosing whom to harm: 2 nodes of rerank-api asked for, 1 there",
    )
