"""Calls that are counted, in virtual time: from before the steady state on, and refused where they cannot be."""

from pathlib import Path
from typing import Any

import pytest

from squall.claims.calls_per_request import CallsPerRequest
from squall.faults.freeze import Freeze
from squall.instances import ONE
from squall.probes.calls import CallMonitor
from squall.record.calls import SecondOfCalls
from squall.record.event import CallsCounted, CallsUnread, Event
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.preflight import cannot_count
from squall.run.scenario import Promise, Scenario
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROMISE = Promise("calls", CallsPerRequest("redis", 1.5))


@pytest.fixture(scope="module")
def system() -> System:
    return find_system("quantum-rerank", ROOT)


class World:
    def __init__(self, system: System, folder: Path, weakness: Weakness) -> None:
        self.clock = VirtualClock()
        self.platform = SimulatedPlatform("rerank-api", self.clock, weakness)
        self.folder = RunFolder.create(folder, "counted")
        fault = Freeze("rerank-api", ONE, 8.0)
        self.scenario = Scenario("counted", "f", system, fault, [PROMISE], rate=50, counted=["redis"], seed=1)

    def run(self) -> Judgement:
        traffic = SimulatedTraffic(self.platform, self.clock)
        return Experiment(self.scenario, Surroundings(self.platform, traffic, self.clock), self.folder).run()


def test_a_door_is_opened_before_anything_is_harmed_and_written_down_before_that(
    system: System, tmp_path: Path
) -> None:
    world = World(system, tmp_path, Weakness())
    world.run()
    calls = world.platform.calls
    assert calls.index("count calls") < calls.index("Freeze")
    assert "the agent beside redis-0" in world.folder.plan().undo


def test_one_that_is_shut_proves_nothing(system: System, tmp_path: Path) -> None:
    judgement = World(system, tmp_path, Weakness(uncountable=True)).run()
    assert (judgement.verdict, judgement.headline.cause) == (Verdict.INCONCLUSIVE, Cause.HARNESS_ERROR)
    assert "counting calls to redis: redis-0: a mesh leads elsewhere" in judgement.headline.reason


def test_what_passes_is_told_second_by_second_and_what_cannot_be_read_is_told_too() -> None:
    clock, told = VirtualClock(), list[Event]()
    platform = SimulatedPlatform("rerank-api", clock, Weakness(calls=2.0))
    platform.arriving = 50.0
    calls = CallMonitor(platform, ["redis"], told.append, clock)
    assert [entry.about for entry in calls.undo("run")] == ["the agent beside redis-0"]
    platform.claim_run("run")
    calls.open("run")
    calls.read_once()  # Only notes when it began.
    clock.sleep(2.5)
    calls.read_once()
    clock.sleep(1.0)
    platform.weakness.agents_gone = True
    calls.read_once()
    seconds = tuple(SecondOfCalls(at, 100, 100, failed=0, given_up=0) for at in (1000.0, 1001.0))
    assert told == [
        CallsCounted(1002.5, "redis", "redis-0", 1000.0, 1002.0, seconds),
        CallsUnread(1003.5, "redis", "redis-0", "the agent beside redis-0 is gone"),
    ]


def test_where_calls_cannot_be_counted_the_scenario_is_skipped_by_name() -> None:
    class Uncounting:
        name = "paper"

    paper: Any = Uncounting()
    assert cannot_count(paper, []) == ""
    assert "does not offer CountsCalls, which counting the calls to redis needs" in cannot_count(paper, ["redis"])
    assert cannot_count(SimulatedPlatform("api", VirtualClock()), ["redis"]) == ""
