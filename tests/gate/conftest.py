from pathlib import Path

import pytest

from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.success_share import SuccessShare
from squall.faults.crash import Crash
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import System
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from tests.commands.projects import simulated_project

WEAKNESSES = {"held": Weakness(), "broken": Weakness(replicas=1, restart=6), "void": Weakness(immune=True)}


def stored(project: Path, place: str, weakness: Weakness) -> None:
    """Make a run of the project's first scenario, without a process and without a picture."""
    clock = VirtualClock()
    platform = SimulatedPlatform("api", clock, weakness)
    system = System.read(project / "scenarios" / "shop" / "system.yaml")
    promises = [Promise(text, claim) for text, claim in (
        ('"api" heals by itself within 10s', HealsWithin("api", 10)),
        ("at least 99% of requests succeed in the 20s after", SuccessShare(99, 20)),
        ("requests fail for no longer than 2s", FailingTime(2)),
    )]  # fmt: skip
    title, feature = "One of three crashes and users hardly notice", "shop survives the crash of an instance"
    scenario = Scenario(title, feature, system, Crash("api"), promises, 40, tags=["promise.E1"], to_the_end=True)
    folder = RunFolder.create(project / place, title)
    Experiment(scenario, Surroundings(platform, SimulatedTraffic(platform, clock), clock), folder).run()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with runs of its promise: in ``held`` it held, in ``broken`` not, in ``void`` nothing bit."""
    project = simulated_project(tmp_path_factory.mktemp("gate") / "shop")
    for place, weakness in WEAKNESSES.items():
        stored(project, place, weakness)
    return project
