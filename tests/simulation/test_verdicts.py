"""Every verdict path of a run, in virtual time: for the right reason."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.judge import judge
from squall.claims.latency_back import LatencyBack
from squall.claims.noticed_by_readiness import NoticedByReadiness
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.faults.nothing import Nothing
from squall.instances import Share
from squall.record.columns import Samples
from squall.record.event import Event, PhaseBegan
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.run.timeline import Timeline
from squall.safety.undo_log import UndoLog
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROMISES = (
    Promise("heals", HealsWithin("rerank-api", 30)),
    Promise("succeed", SuccessShare(99, 60)),
    Promise("failing", FailingTime(5)),
    Promise("latency", LatencyBack(95, 5, 200, 30)),
    Promise("noticed", NoticedByReadiness(5)),
)


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


class World:
    def __init__(self, system: System, folder: Path, weakness: Weakness | None = None) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform("rerank-api", self.clock, weakness)
        self.traffic = SimulatedTraffic(self.platform, self.clock)
        self.folder = RunFolder.create(folder, "crash")
        self.scenario = Scenario("crash", "feature", system, Crash("rerank-api"), PROMISES, rate=50, seed=1)
        self.said: list[str] = []

    def run(self) -> Judgement:
        surroundings = Surroundings(self.platform, self.traffic, self.clock, self.said.append)
        return Experiment(self.scenario, surroundings, self.folder).run()


def test_a_healthy_system_holds(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)
    judgement = world.run()
    assert judgement.verdict is Verdict.HELD, judgement
    assert [finding.claim for finding in judgement.findings] == [promise.text for promise in PROMISES]
    healed, succeeded, failing, _, noticed = judgement.findings
    assert healed.figure is not None
    assert 2.99 <= healed.figure.low <= 3.0 <= healed.figure.high <= 3.1
    assert succeeded.figure is not None
    assert succeeded.figure.low == 100
    assert failing.figure is not None
    assert failing.figure.low == 0
    assert failing.figure.high < 1, "what 44 requests could not have seen"
    assert noticed.figure is not None
    assert noticed.figure.low <= 0.5 <= noticed.figure.high
    assert not UndoLog(world.folder.undo).open_entries()


def test_a_single_replica_breaks_what_users_were_promised(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(replicas=1, restart=6))
    judgement = world.run()
    verdicts = {finding.claim: finding.verdict for finding in judgement.findings}
    assert verdicts == {
        "heals": Verdict.HELD,
        "succeed": Verdict.BROKEN,
        "failing": Verdict.BROKEN,
        "latency": Verdict.HELD,
        "noticed": Verdict.HELD,
    }
    failing = judgement.findings[2].figure
    assert failing is not None
    assert failing.low <= 6 <= failing.high
    assert failing.error < 0.05


def test_a_pod_that_never_comes_back_did_not_heal(system: System, tmp_path: Path) -> None:
    judgement = World(system, tmp_path, Weakness(comes_back=False)).run()
    assert judgement.findings[0].verdict is Verdict.BROKEN
    assert judgement.built_in[0].verdict is Verdict.BROKEN
    assert "2 of 3 instances of rerank-api" in judgement.built_in[0].reason


def test_a_failure_that_nobody_notices_is_not_noticed(system: System, tmp_path: Path) -> None:
    judgement = World(system, tmp_path, Weakness(notices=20.0, restart=25)).run()
    assert judgement.findings[4].verdict is Verdict.BROKEN


def void(judgement: Judgement) -> tuple[Verdict, set[Cause | None]]:
    return judgement.verdict, {finding.cause for finding in judgement.findings}


def test_more_targets_than_there_are_is_no_target(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)
    world.scenario = replace(world.scenario, fault=Crash("rerank-api", Share(5)))
    assert void(world.run()) == (Verdict.INCONCLUSIVE, {Cause.NO_TARGET})
    assert "Crash" not in world.platform.calls


def test_a_service_without_instances_is_no_target(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)
    world.scenario = replace(world.scenario, fault=Crash("ingress"))
    assert void(world.run()) == (Verdict.INCONCLUSIVE, {Cause.NO_TARGET})


def test_a_target_that_is_immune_is_no_effect(system: System, tmp_path: Path) -> None:
    judgement = World(system, tmp_path, Weakness(immune=True)).run()
    assert void(judgement) == (Verdict.INCONCLUSIVE, {Cause.NO_EFFECT})
    assert "the process lives on" in judgement.findings[0].reason


def test_a_system_that_is_not_steady_is_not_harmed(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(errors=0.05))
    assert void(world.run()) == (Verdict.INCONCLUSIVE, {Cause.NOT_STEADY})
    assert "Crash" not in world.platform.calls


def test_a_slow_system_is_not_steady_either(system: System, tmp_path: Path) -> None:
    judgement = World(system, tmp_path, Weakness(latency=0.3)).run()
    assert void(judgement) == (Verdict.INCONCLUSIVE, {Cause.NOT_STEADY})
    assert "p95 300ms" in judgement.findings[0].reason


def test_a_load_that_drops_arrivals_fell_short(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)
    world.traffic = SimulatedTraffic(world.platform, world.clock, drops=0.2)
    assert void(world.run()) == (Verdict.INCONCLUSIVE, {Cause.LOAD_SHORT})


def test_a_load_that_is_late_fell_short_but_a_sure_violation_stays(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(replicas=1, restart=8))
    world.traffic = SimulatedTraffic(world.platform, world.clock, late=0.05)
    world.scenario = replace(world.scenario, promises=PROMISES[1:2])
    assert world.run().verdict is Verdict.BROKEN
    record = world.folder.load()
    began = record.phase("harm")
    assert began is not None
    late = Samples.of(
        sample._replace(sent=sample.sent + 0.2, done=sample.done + 0.2) if sample.intended >= began else sample
        for sample in record.requests
    )
    shifted = judge(replace(record, requests=late))
    assert shifted.findings[0].verdict is Verdict.BROKEN


def test_a_load_generator_that_dies_is_a_harness_error(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)
    world.traffic.failing_at = world.clock.now() + 20
    judgement = world.run()
    assert void(judgement) == (Verdict.INCONCLUSIVE, {Cause.HARNESS_ERROR})
    assert not UndoLog(world.folder.undo).open_entries()


def test_a_limit_inside_the_error_is_too_close(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(replicas=1, restart=6))
    world.scenario = replace(world.scenario, to_the_end=True)
    world.run()
    record = world.folder.load()
    measured = judge(record).findings[2].figure
    assert measured is not None
    judgement = judge(record, {"failing": {"limit": measured.middle}})
    assert judgement.findings[2].verdict is Verdict.INCONCLUSIVE
    assert judgement.findings[2].cause is Cause.TOO_CLOSE


def test_other_limits_give_other_verdicts_without_a_system(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, Weakness(replicas=1, restart=6))
    world.scenario = replace(world.scenario, to_the_end=True)
    assert world.run().findings[2].verdict is Verdict.BROKEN
    again = judge(world.folder.load(), {"FailingTime": {"limit": 10}, "succeed": {"limit": 80}})
    assert [f.verdict for f in again.findings[1:3]] == [Verdict.HELD, Verdict.HELD]


def test_nothing_harmed_holds(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)
    world.scenario = replace(world.scenario, fault=Nothing(30), promises=PROMISES[1:3])
    assert world.run().verdict is Verdict.HELD


def test_what_was_opened_is_undone_when_interrupted(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path)

    def interrupt() -> None:
        raise KeyboardInterrupt

    world.clock.at(world.clock.now() + 20, interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert not UndoLog(world.folder.undo).open_entries()
    assert void(world.folder.judgement()) == (Verdict.INCONCLUSIVE, {Cause.ABORTED})


def test_an_impatient_person_before_the_plan_is_told_no_fault_of_his(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to judge yet: reading the run said "there is no plan.json", and the run ended with 4."""
    world = World(system, tmp_path)

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.platform, "check", interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert not world.folder.judged


def test_a_run_whose_disk_is_full_from_its_undo_on_says_what_is_not_noted(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(system, tmp_path)
    append, note = RunFolder.append, UndoLog._append
    full = False

    def told(folder: RunFolder, event: Event) -> None:
        nonlocal full
        full = full or (isinstance(event, PhaseBegan) and event.name == "undo")
        if full:
            raise OSError(28, "No space left on device")
        append(folder, event)

    def noted(log: UndoLog, line: Mapping[str, object]) -> None:
        if full:
            raise OSError(28, "No space left on device")
        note(log, line)

    monkeypatch.setattr(RunFolder, "append", told)
    monkeypatch.setattr(UndoLog, "_append", noted)
    monkeypatch.setattr(Timeline, "void", lambda *_: None)
    judgement = world.run()
    standing = [undo.about for undo in UndoLog(world.folder.undo).open_entries().values()]
    assert standing
    assert all(any(about in text for text in judgement.not_undone) for about in standing)
    assert all("No space left on device" in text for text in judgement.not_undone)
    assert list(world.folder.judgement().not_undone) == list(judgement.not_undone)
