"""What a machine gives its instances is taken from them, in virtual time: every verdict for its reason."""

from pathlib import Path

import pytest

from squall.claims.heals_within import HealsWithin
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.fault import Fault
from squall.faults.full_disk import FullDisk
from squall.faults.little_cpu import LittleCpu
from squall.faults.out_of_memory import OutOfMemory
from squall.instances import EVERY, ONE
from squall.record.event import HarmConfirmed, HarmEffect
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict
from tests.records import system

MEMORY, CPU = OutOfMemory("api"), LittleCpu("api", ONE, 12.0, 5.0)
DISK = FullDisk("api", ONE, 12.0, "/data", 90.0)
SUCCEED = Promise("succeed", SuccessShare(99, 20))
HEALS, RECOVERS = Promise("heals", HealsWithin("api", 5)), Promise("recovers", RecoversWithin("api", 5))
EACH = [(MEMORY, HEALS), (CPU, RECOVERS), (DISK, RECOVERS)]


def run(folder: Path, fault: Fault, weakness: Weakness, *promises: Promise) -> tuple[Judgement, Record]:
    clock = VirtualClock()
    platform = SimulatedPlatform("api", clock, weakness)
    scenario = Scenario("machine", "f", system(), fault, promises, rate=50, seed=1)
    made = RunFolder.create(folder, "machine")
    judgement = Experiment(scenario, Surroundings(platform, SimulatedTraffic(platform, clock), clock), made).run()
    assert not UndoLog(made.undo).open_entries()
    return judgement, made.load()


@pytest.mark.parametrize(("fault", "promise"), EACH)
def test_with_others_to_answer_it_holds(tmp_path: Path, fault: Fault, promise: Promise) -> None:
    judgement, record = run(tmp_path, fault, Weakness(restart=3), promise, SUCCEED)
    assert judgement.verdict is Verdict.HELD, judgement
    assert record.plan.fault_fields["fault"] == type(fault).__name__


@pytest.mark.parametrize(("fault", "promise"), EACH)
def test_alone_it_breaks(tmp_path: Path, fault: Fault, promise: Promise) -> None:
    judgement, _ = run(tmp_path, fault, Weakness(restart=8, notices=8, replicas=1), promise, SUCCEED)
    assert [finding.verdict for finding in judgement.findings] == [Verdict.BROKEN, Verdict.BROKEN], judgement


@pytest.mark.parametrize(("fault", "promise"), EACH)
def test_who_is_immune_proves_nothing(tmp_path: Path, fault: Fault, promise: Promise) -> None:
    judgement, _ = run(tmp_path, fault, Weakness(immune=True), promise)
    assert (judgement.verdict, judgement.findings[0].cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)


def test_the_platforms_word_confirms_it_later(tmp_path: Path) -> None:
    _, record = run(tmp_path, OutOfMemory("api", EVERY), Weakness(restart=3), HEALS)
    confirmed = list(record.events(HarmConfirmed))
    assert [event.who for event in confirmed] == ["api-0", "api-1", "api-2"]
    assert confirmed[0].how == "the platform says OOMKilled"
    assert confirmed[0].t > next(record.events(HarmEffect)).t + 3


def test_what_the_platform_does_not_say_proves_nothing_against_it(tmp_path: Path) -> None:
    judgement, record = run(tmp_path, MEMORY, Weakness(comes_back=False), SUCCEED)
    assert not list(record.events(HarmConfirmed))
    assert judgement.findings[0].verdict is Verdict.HELD
