"""Several faults as one harm, in virtual time: each proven and ended at its time, and what claims then count from."""

from pathlib import Path

import pytest

from squall.claims.heals_within import HealsWithin
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.errors import InjectionFailed
from squall.faults.crash import Crash
from squall.faults.fault import Harm, Target
from squall.faults.freeze import Freeze
from squall.faults.in_turn import InTurn
from squall.faults.one_by_one import OneByOne
from squall.faults.overlapping import Overlapping
from squall.faults.together import Together
from squall.instances import EVERY, ONE, Evidence, Share
from squall.record.event import Event, HarmEffect, HarmEnded, HarmSent, UndoReplayed
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.lint import undecidable
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict
from tests.records import system

CRASH, FREEZE = Crash("api"), Freeze("api", ONE, 12.0)
SUCCEED = Promise("succeed", SuccessShare(99, 20))


class World:
    def __init__(self, folder: Path, harm: Harm, *promises: Promise, weakness: Weakness | None = None) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform("api", self.clock, weakness or Weakness())
        self.folder = RunFolder.create(folder, "composed")
        # Several of these scenarios take all that there are, one by one or together: their system permits it.
        permitting = system().model_copy(update={"harm_at_most": "100%"})
        self.scenario = Scenario("composed", "f", permitting, harm, promises or [SUCCEED], rate=50, seed=1)

    def run(self) -> Judgement:
        traffic = SimulatedTraffic(self.platform, self.clock)
        return Experiment(self.scenario, Surroundings(self.platform, traffic, self.clock), self.folder).run()

    @property
    def record(self) -> Record:
        return self.folder.load()


def moments(record: Record, kind: type[Event]) -> list[float]:
    """Return when events of a kind happened, in seconds after the first harm was sent."""
    first = next(record.events(HarmSent)).t
    return [round(event.t - first, 1) for event in record.events(kind)]


def test_together_is_one_harm_with_the_proof_of_each(tmp_path: Path) -> None:
    world = World(tmp_path, Together((FREEZE, CRASH)))
    assert world.run().verdict is Verdict.HELD
    record = world.record
    assert moments(record, HarmSent) == [0.0, 0.0]
    assert len({event.who for event in record.events(HarmEffect)}) == 2
    assert moments(record, HarmEnded) == [12.0]
    assert len(record.plan.targets) == 2
    assert record.plan.fault == f"{FREEZE.describe()}, together with {CRASH.describe()}"
    assert [part["fault"] for part in record.plan.fault_fields["parts"]] == ["Freeze", "Crash"]  # type: ignore[union-attr,index,call-overload]
    assert not UndoLog(world.folder.undo).open_entries()


def test_in_turn_the_next_waits_for_the_end_of_the_one_before(tmp_path: Path) -> None:
    world = World(tmp_path, InTurn((FREEZE, CRASH), 5))
    assert world.run().verdict is Verdict.HELD
    assert moments(world.record, HarmEnded) == [12.0]
    assert moments(world.record, HarmEffect) == [0.0, 17.0]


def test_overlapping_begins_while_the_other_stands(tmp_path: Path) -> None:
    world = World(tmp_path, Overlapping((FREEZE, CRASH), (0, 5)))
    world.run()
    assert moments(world.record, HarmEffect) == [0.0, 5.0]
    assert moments(world.record, HarmEnded) == [12.0]


def test_what_holds_alone_may_break_together(tmp_path: Path) -> None:
    alone = World(tmp_path / "a", FREEZE, SUCCEED, weakness=Weakness(replicas=2))
    assert alone.run().verdict is Verdict.HELD
    both = World(tmp_path / "b", Together((FREEZE, CRASH)), SUCCEED, weakness=Weakness(replicas=2))
    judgement = both.run()
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement


def test_one_by_one_harms_each_in_its_turn(tmp_path: Path) -> None:
    world = World(tmp_path, OneByOne(Crash("api", EVERY), 5), weakness=Weakness(restart=3))
    assert world.run().verdict is Verdict.HELD
    record = world.record
    assert [event.who for event in record.events(HarmEffect)] == ["api-0", "api-1", "api-2"]
    assert moments(record, HarmEffect) == [0.0, 5.0, 10.0]
    began, undo = next(record.events(HarmEffect)).t, record.phase("undo")
    assert undo is not None
    assert undo - began >= record.plan.observation == pytest.approx(10 + 20)


def test_a_pause_that_is_too_short_takes_all_of_them_down(tmp_path: Path) -> None:
    judgement = World(tmp_path, OneByOne(Crash("api", EVERY), 0.5), weakness=Weakness(restart=3)).run()
    assert judgement.findings[0].verdict is Verdict.BROKEN


def test_healing_counts_from_the_last_of_them(tmp_path: Path) -> None:
    heals = Promise("heals", HealsWithin("api", 5))
    judgement = World(tmp_path, OneByOne(Crash("api", EVERY), 10), heals, weakness=Weakness(restart=3)).run()
    measured = judgement.findings[0].figure
    assert measured is not None
    assert (judgement.verdict, round(measured.high)) == (Verdict.HELD, 3)
    slow = World(tmp_path, OneByOne(Crash("api", EVERY), 10), heals, weakness=Weakness(restart=9)).run()
    assert slow.findings[0].verdict is Verdict.BROKEN


def test_what_was_over_before_the_last_of_them_need_not_be_replaced(tmp_path: Path) -> None:
    heals = Promise("heals", HealsWithin("api", 5))
    judgement = World(tmp_path, InTurn((FREEZE, CRASH), 5), heals, weakness=Weakness(restart=3)).run()
    assert judgement.verdict is Verdict.HELD, judgement


def test_recovery_counts_from_the_end_of_all(tmp_path: Path) -> None:
    recovers = Promise("recovers", RecoversWithin("api", 5))
    harm = Overlapping((FREEZE, CRASH), (0, 20))
    judgement = World(tmp_path, harm, recovers, weakness=Weakness(restart=3)).run()
    measured = judgement.findings[0].figure
    assert measured is not None
    assert (judgement.verdict, round(measured.high)) == (Verdict.HELD, 3)


def test_who_is_immune_to_one_of_them_proves_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, InTurn((CRASH, FREEZE), 5), weakness=Weakness(immune=True))
    judgement = world.run()
    assert (judgement.verdict, judgement.findings[0].cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)
    assert world.platform.calls.count("Freeze") == 0


class Refusing(Crash):
    def inject(self, target: Target) -> list[Evidence]:
        raise InjectionFailed("it cannot be had")


def test_a_part_that_cannot_be_done_voids_all_and_what_stood_is_undone(tmp_path: Path) -> None:
    world = World(tmp_path, Overlapping((FREEZE, Refusing("api")), (0, 5)))
    judgement = world.run()
    assert (judgement.verdict, judgement.findings[0].cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT)
    assert "it cannot be had" in judgement.findings[0].reason
    assert not UndoLog(world.folder.undo).open_entries()


def test_fewer_than_a_part_asks_for_is_no_target(tmp_path: Path) -> None:
    world = World(tmp_path, Together((CRASH, Crash("api", Share(9)))))
    judgement = world.run()
    assert (judgement.verdict, judgement.findings[0].cause) == (Verdict.INCONCLUSIVE, Cause.NO_TARGET)
    assert "Crash" not in world.platform.calls


def test_what_was_prepared_is_undone_in_reverse(tmp_path: Path) -> None:
    world = World(tmp_path, Together((CRASH, FREEZE)))
    world.run()
    lines = [event.about for event in world.record.events(UndoReplayed)]
    planned = list(world.record.plan.undo)
    assert lines[: len(planned)] == planned[::-1]


@pytest.mark.parametrize(
    ("harm", "promise", "text"),
    [
        (Together((CRASH, CRASH)), RecoversWithin("api", 5), "has none"),
        (Together((FREEZE, CRASH)), HealsWithin("api", 10), "let it last"),
        (InTurn((FREEZE, CRASH), 1), HealsWithin("api", 10), None),
        (Overlapping((FREEZE, CRASH), (0, 9)), HealsWithin("api", 2), "and that is 3s"),
    ],
)
def test_a_claim_about_a_time_that_it_does_not_have_is_refused(
    tmp_path: Path, harm: Harm, promise: RecoversWithin | HealsWithin, text: str | None
) -> None:
    refused = undecidable(World(tmp_path, harm, Promise("it", promise)).scenario)
    assert (text is None and refused is None) or (text is not None and text in (refused or "")), refused
