"""A run that somebody conducts: its harm waits for leave, may be called off or be too much, and an end has a reason."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from squall.claims.success_share import SuccessShare
from squall.errors import CalledOff, Misuse
from squall.faults.crash import Crash
from squall.instances import Instance
from squall.measure.harm import onset
from squall.record.event import HarmSent, RunVoided
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.run.schedule import ScheduledFault
from squall.safety.undo_log import UndoLog
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


@dataclass
class Scripted:
    """Lets the harm begin once its answers have come to yes."""

    clock: VirtualClock
    after: float = 0.0
    called_off: str = ""
    too_much: str = ""
    holds: bool = True
    began_to_wait: float = field(default=0.0)

    def may_begin(self) -> bool:
        if self.called_off:
            raise CalledOff(self.called_off)
        self.began_to_wait = self.began_to_wait or self.clock.now()
        return self.clock.now() >= self.began_to_wait + self.after

    def exceeds(
        self, schedule: Sequence[ScheduledFault], among: Sequence[Instance], wanted: Callable[[str], int]
    ) -> str:
        return self.too_much

    def why_interrupted(self) -> str:
        return "Ann aborted it: enough seen"


class World:
    def __init__(self, system: System, folder: Path, **script: float | str) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform("rerank-api", self.clock)
        self.traffic = SimulatedTraffic(self.platform, self.clock)
        self.folder = RunFolder.create(folder, "crash")
        promises = [Promise("succeed", SuccessShare(99, 60))]
        self.scenario = Scenario("crash", "feature", system, Crash("rerank-api"), promises, rate=50, seed=1)
        self.conductor = Scripted(self.clock, **script)  # type: ignore[arg-type]

    def run(self) -> Judgement:
        given = Surroundings(self.platform, self.traffic, self.clock, conductor=self.conductor)
        return Experiment(self.scenario, given, self.folder).run()


def test_the_harm_waits_for_leave_and_then_for_a_steady_state_of_its_own(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, after=100.0)
    assert world.run().verdict is Verdict.HELD
    record = world.folder.load()
    waited, steady, began = record.phase("leave"), record.phase("steady"), onset(record)
    assert waited is not None
    assert steady is not None
    assert began is not None
    assert steady - waited >= 100
    assert began.low - steady >= system.steady.window, "what was steady before the leave does not count"


def test_a_system_that_fell_ill_while_people_talked_is_not_harmed(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, after=100.0)
    world.clock.at(world.clock.now() + 60, lambda: setattr(world.platform.weakness, "errors", 0.5))
    judgement = world.run()
    assert (judgement.verdict, judgement.headline.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_STEADY)
    assert not list(world.folder.load().events(HarmSent))


def test_what_is_called_off_harms_nobody_and_proves_nothing(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, called_off="Ann: no-go")
    judgement = world.run()
    assert (judgement.headline.cause, judgement.headline.reason) == (Cause.ABORTED, "Ann: no-go")
    assert not list(world.folder.load().events(HarmSent))
    assert not UndoLog(world.folder.undo).open_entries()


def test_more_than_the_conductor_permits_is_refused_before_anything_is_sent(system: System, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="drill permits none"):
        World(system, tmp_path, too_much="the drill permits none").run()


def test_an_interruption_bears_the_conductors_reason(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, after=5.0)
    world.clock.at(world.clock.now() + 40, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(KeyboardInterrupt):
        world.run()
    (voided,) = world.folder.load().events(RunVoided)
    assert voided.reason == "Ann aborted it: enough seen"
    assert not UndoLog(world.folder.undo).open_entries()
