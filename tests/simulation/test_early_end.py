"""An observation ends once nothing could change a verdict, and not before: in virtual time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from squall.claims.claim import Claim
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.no_failure import NoFailure
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.faults.fault import Fault
from squall.faults.freeze import Freeze
from squall.faults.nothing import Nothing
from squall.instances import ONE
from squall.interval import Interval
from squall.platforms.capability import Sink
from squall.record.event import Event, HarmEffect, PhaseBegan, Settled
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.report.summary import summarise
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Finding, Verdict

ROOT = Path(__file__).parents[2]
HEALS = HealsWithin("rerank-api", 30)


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


@dataclass(frozen=True, slots=True)
class ToTheEnd:
    """The same claim, by somebody who has not said when it is settled."""

    claim: Claim

    def observation(self, hold: float) -> float:
        return self.claim.observation(hold)

    def judge(self, record: Record, began: Interval) -> Finding:
        return self.claim.judge(record, began)


def observing(event: Event) -> bool:
    return isinstance(event, PhaseBegan) and event.name == "observe"


class World:
    def __init__(
        self,
        system: System,
        folder: Path,
        claims: Sequence[Claim],
        weakness: Weakness | None = None,
        again: float = 0.0,
    ) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform("rerank-api", self.clock, weakness)
        self.traffic = SimulatedTraffic(self.platform, self.clock)
        self.folder = RunFolder.create(folder, "crash")
        promises = [Promise(f"{number}", claim) for number, claim in enumerate(claims)]
        self.scenario = Scenario("crash", "feature", system, Crash("rerank-api"), promises, rate=50, seed=1)
        self.again = again

    def run(self, fault: Fault | None = None) -> Judgement:
        self.scenario = replace(self.scenario, fault=fault or self.scenario.fault)
        self.folder.listen(lambda event: self._crash_again() if observing(event) else None)
        return Experiment(self.scenario, Surroundings(self.platform, self.traffic, self.clock), self.folder).run()

    def _crash_again(self) -> None:
        if self.again:
            self.clock.at(
                self.clock.now() + self.again, lambda: self.platform.crash(self.platform.instances("rerank-api")[0])
            )

    @property
    def observed(self) -> float:
        record = self.folder.load()
        begin, end = record.phase("observe"), record.phase("undo")
        assert begin is not None
        assert end is not None
        return end - begin

    @property
    def cut_short(self) -> bool:
        return any(self.folder.load().events(Settled))


CLAIMS: list[tuple[Claim, Weakness, Verdict, float]] = [
    # Healed after 3 s, for the hold length of 5 s, known after the patience of users (2.5 s); looked at every second.
    (HEALS, Weakness(), Verdict.HELD, 11),
    (HealsWithin("rerank-api", 15), Weakness(restart=18), Verdict.BROKEN, 20.1),
    (SuccessShare(99, 60), Weakness(replicas=1, restart=6), Verdict.BROKEN, 14),
    (FailingTime(5), Weakness(replicas=1, restart=8), Verdict.BROKEN, 15),
    (NoFailure(), Weakness(replicas=1), Verdict.BROKEN, 10),
]


@pytest.mark.parametrize(("claim", "weakness", "verdict", "within"), CLAIMS)
def test_it_ends_with_the_verdict_of_the_whole_one(
    system: System, tmp_path: Path, claim: Claim, weakness: Weakness, verdict: Verdict, within: float
) -> None:
    short, whole = World(system, tmp_path, [claim], weakness), World(system, tmp_path, [claim], weakness)
    whole.scenario = replace(whole.scenario, to_the_end=True)
    judgement = short.run()
    assert judgement.findings[0].verdict is verdict, judgement
    assert short.observed <= within
    assert judgement.built_in[0].verdict is Verdict.HELD
    assert whole.run().findings[0].verdict is verdict
    assert not whole.cut_short
    assert whole.observed == pytest.approx(claim.observation(system.steady.hold), abs=0.01)


def test_the_record_says_that_it_was_ended_early_and_why(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, [HEALS])
    judgement = world.run()
    said = next(world.folder.load().events(Settled))
    assert said.after == pytest.approx(world.observed, abs=0.01)
    assert said.planned == 35.0
    assert said.claims == {"0": pytest.approx(said.after, abs=0.1)}
    told = summarise(world.folder.load(), judgement, world.folder.path)
    assert f"for {said.after} s of 35 s: nothing could change a verdict any more" in told


@pytest.mark.parametrize(
    ("claims", "weakness"),
    [
        # That nothing fails shows only at the end; so does that it fails for no longer.
        ([HEALS, NoFailure()], Weakness()),
        ([HEALS, FailingTime(5)], Weakness()),
        # A pod that stays away: it is watched as long as it was to be.
        ([SuccessShare(50, 20)], Weakness(comes_back=False)),
        # An observation that somebody's own claim asks for.
        ([HEALS, ToTheEnd(NoFailure())], Weakness()),
    ],
)
def test_what_is_not_settled_is_watched_to_the_end(
    system: System, tmp_path: Path, claims: Sequence[Claim], weakness: Weakness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("squall.claims.judge.restored", lambda plan, limits: claims[int(plan.text)])
    world = World(system, tmp_path, claims, weakness)
    world.run()
    assert not world.cut_short
    assert world.observed == pytest.approx(world.scenario.observation, abs=0.01)


def test_a_second_crash_would_have_been_missed(system: System, tmp_path: Path) -> None:
    """By itself each crash is short enough, and all has healed when the second comes."""
    world = World(system, tmp_path, [HEALS, FailingTime(4)], Weakness(replicas=1, restart=3), again=12.0)
    judgement = world.run()
    assert [finding.verdict for finding in judgement.findings] == [Verdict.HELD, Verdict.BROKEN]
    assert not world.cut_short or world.observed > 15
    began = next(world.folder.load().events(HarmEffect)).t
    cut = world.folder.load().until(began + 12)
    assert FailingTime(4).judge(cut, Interval.exact(began)).verdict is Verdict.INCONCLUSIVE, (
        "who ends then has not seen enough"
    )


def test_a_harm_stands_as_long_as_the_scenario_says(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, [SuccessShare(99, 5), RecoversWithin("rerank-api", 20)])
    judgement = world.run(Freeze("rerank-api", ONE, 12.0))
    assert judgement.verdict is Verdict.HELD, judgement
    assert world.cut_short
    assert 12 + 0.5 + 5 <= world.observed <= 12 + 0.5 + 5 + 2.5 + 2.5
    nothing = World(system, tmp_path, [SuccessShare(99, 5)])
    nothing.run(Nothing(20))
    assert nothing.observed == pytest.approx(20, abs=0.01)


def test_a_load_that_falls_short_is_given_all_its_time(system: System, tmp_path: Path) -> None:
    world = World(system, tmp_path, [HealsWithin("rerank-api", 10)])
    begin = world.traffic.load

    def load(scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> object:
        stream = begin(scenario, url, folder, sink)
        world.folder.listen(lambda event: setattr(stream, "drops", 0.1) if observing(event) else None)
        return stream

    world.traffic.load = load  # type: ignore[method-assign,assignment]
    world.run()
    assert not world.cut_short
