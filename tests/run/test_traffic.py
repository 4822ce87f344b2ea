"""Load and prober stop together: while one drains what is under way, the other must make no windows of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from squall.errors import HarnessFailed
from squall.faults.crash import Crash
from squall.load.rate import RunningLoad
from squall.platforms.capability import Sink
from squall.record.event import TargetsServed
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Scenario
from squall.run.traffic import LoadAndProber
from squall.system.system import find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock
from tests.records import system


class Draining:
    """A generator that is stopped only when the other one is being stopped, too: one after the other would hang."""

    def __init__(self, both: threading.Barrier) -> None:
        self._both = both
        self.died: str | None = None

    def stop(self) -> None:
        self._both.wait(timeout=10)

    def failure(self) -> str | None:
        return self.died


class Pair:
    def __init__(self) -> None:
        both = threading.Barrier(2)
        self.one, self.other = Draining(both), Draining(both)

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Draining:
        return self.one

    def prober(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Draining:
        return self.other


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "crash")


def test_they_are_stopped_at_once(folder: RunFolder) -> None:
    clock, pair = VirtualClock(), Pair()
    scenario = Scenario("crash", "feature", system(), Crash("api"), (), rate=50)
    traffic = LoadAndProber(pair, scenario, folder, RunningLoad(folder, 50, 2, clock))
    with traffic.stopped():
        with ThreadPoolExecutor() as pool:
            traffic.start("http://shop", pool)
        traffic.check()
        pair.other.died = "the prober died"
        with pytest.raises(HarnessFailed, match="the prober died"):
            traffic.check()
    traffic.stop()


def test_the_record_says_how_many_of_the_users_requests_the_targets_answered(folder: RunFolder) -> None:
    clock = VirtualClock()
    on = SimulatedPlatform("rerank-api", clock)
    scenario = Scenario(
        "crash", "feature", find_system("quantum-rerank", Path(__file__).parents[2]), Crash("rerank-api"), (), rate=50
    )
    Experiment(scenario, Surroundings(on, SimulatedTraffic(on, clock), clock), folder).run()
    (served,) = folder.load().events(TargetsServed)
    assert served.of == 250
    assert 80 <= served.requests <= 86
