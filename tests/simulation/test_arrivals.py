"""Ways in which users arrive, in virtual time: what is recorded, and that the judge knows the schedule of each."""

from dataclasses import replace
from pathlib import Path

import pytest

from squall.claims.judge import judge
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.measure.arrivals import due
from squall.record.arrivals import LoadPlan, Stage
from squall.record.columns import Samples
from squall.record.event import LoadStarted, RateChanged
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.report.junit import properties
from squall.report.summary import summarise
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
SPIKE = (Stage(2, 50, 50), Stage(5, 300, 300), Stage(0, 50, 50))
LOADS = {
    "ramp": LoadPlan(stages=(Stage(15, 50, 150),)),
    "spike": LoadPlan(stages=SPIKE),
    "random": LoadPlan("random"),
    "random ramp": LoadPlan("random", stages=(Stage(15, 50, 150),)),
    "closed": LoadPlan("closed", users=50, pause=1.0, timeout=2.0),
}


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


def run(system: System, path: Path, load: LoadPlan, weakness: Weakness, drops: float = 0.0) -> tuple[Judgement, Record]:
    clock, folder = VirtualClock(), RunFolder.create(path, "arrivals")
    platform = SimulatedPlatform("rerank-api", clock, weakness)
    scenario = Scenario(
        "arrivals", "f", system, Crash("rerank-api"), [Promise("succeed", SuccessShare(97, 20))], 50, seed=3, load=load
    )
    traffic = SimulatedTraffic(platform, clock, drops)
    return Experiment(scenario, Surroundings(platform, traffic, clock), folder).run(), folder.load()


@pytest.fixture(params=LOADS)
def load(request: pytest.FixtureRequest) -> LoadPlan:
    return LOADS[request.param]


def test_what_carries_it_holds_and_keeps_the_schedule(system: System, tmp_path: Path, load: LoadPlan) -> None:
    judgement, record = run(system, tmp_path, load, Weakness())
    assert judgement.verdict is Verdict.HELD, judgement
    assert record.plan.load == load
    start, end = record.requests.intended[0], record.requests.intended[-1]
    meant = due(record, start, end)
    if load.pace == "closed":
        assert meant is None
    else:
        # Where a stage begins, an arrival and its count may be rounded to different sides.
        assert meant == pytest.approx(len(record.requests) - 1, abs=len(load.stages))
    changed = [Stage(e.over, e.rate, e.to or 0) for e in record.events(RateChanged)]
    assert changed == list(load.stages)


def test_what_does_not_carry_it_breaks(system: System, tmp_path: Path) -> None:
    judgement, _ = run(system, tmp_path, LOADS["spike"], Weakness(capacity=150))
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement


def test_arrivals_that_a_schedule_has_and_the_log_has_not_prove_nothing(
    system: System, tmp_path: Path, load: LoadPlan
) -> None:
    _, record = run(system, tmp_path, load, Weakness())
    missing = Samples.of([s for number, s in enumerate(record.requests) if number % 20])
    (finding,) = judge(replace(record, requests=missing)).findings
    if load.pace == "closed":
        assert finding.verdict is Verdict.HELD
    else:
        assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.LOAD_SHORT), finding


def test_a_seed_that_is_not_the_recorded_one_is_found_out(system: System, tmp_path: Path) -> None:
    """Of the same rate there are as many in the long run: only the seed says which were due."""
    _, record = run(system, tmp_path, LOADS["random"], Weakness())
    other = [replace(e, seed=4) if isinstance(e, LoadStarted) else e for e in record.timeline]
    window = record.requests.intended[100], record.requests.intended[140]
    assert due(record, *window) == 40
    assert due(replace(record, timeline=other), *window) != 40


def test_each_report_says_that_a_closed_loop_understates(system: System, tmp_path: Path) -> None:
    judgement, record = run(system, tmp_path, LOADS["closed"], Weakness())
    said = "closed loop: latency under overload is understated; 50 users"
    assert said in " ".join(summarise(record, judgement, tmp_path).split())
    assert said in dict(properties(judgement, record.plan, tmp_path))["squall.load"]


def test_the_observation_lasts_as_long_as_the_load_changes(system: System, tmp_path: Path) -> None:
    load = LoadPlan(stages=(Stage(60, 50, 60),))
    _, record = run(system, tmp_path, load, Weakness())
    assert (record.phase("undo") or 0) - (record.phase("harm") or 0) >= 60
