"""Projects as `squall init` makes them, on a platform that is simulated in virtual time, and how they are run."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from squall.claims.claim import Claim
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.no_failure import NoFailure
from squall.claims.success_share import SuccessShare
from squall.cli import cli
from squall.faults.crash import Crash
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.system.system import find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from tests.commands.forked import run_module

ROOT = Path(__file__).parents[2]
SERVICE = "rerank-api"
# Seconds: a command that hangs is ended. Beside ten busy processes one that draws took more than a hundred.
WITHIN = 250.0
# Its plugin imports all of Hypothesis at the end of each session: more than a second, and nobody there uses it.
WITHOUT = {"PYTEST_ADDOPTS": "-p no:hypothesispytest"}
# The platform that the project runs on is simulated; how it is weak is said by an environment variable.
SIMULATED = """
import json
import os

import squall.run.wiring
from squall.run.experiment import Surroundings
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness

pytest_plugins = ("steps.days",)


def platform(name, system, context, allowed):
    clock = VirtualClock()
    simulated = SimulatedPlatform("api", clock, Weakness(**json.loads(os.environ.get("WEAKNESS", "{}"))))
    simulated.clock = clock
    return simulated


def surroundings(scenario, on, tell, conductor):
    traffic = SimulatedTraffic(on, on.clock)
    if "INTERRUPT" in os.environ:
        def interrupt():
            raise KeyboardInterrupt
        on.clock.at(on.clock.now() + float(os.environ["INTERRUPT"]), interrupt)
    return Surroundings(on, traffic, on.clock, tell, conductor=conductor)


class Nothing:
    # A platform that can do nothing to instances.

    name = "harmless"
    context = ""

    def close(self):
        pass


squall.run.wiring.platform = (lambda *given: Nothing()) if "HARMLESS" in os.environ else platform
squall.run.wiring.surroundings = surroundings
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    errors: str

    def complaints(self) -> list[str]:
        return [line for line in self.errors.splitlines() if line.strip()]


def squall(folder: Path, *words: str, **environment: str) -> Done:
    return Done(*run_module("squall", words, folder, _surroundings(environment), WITHIN))


def pytest_in(folder: Path, *words: str, **environment: str) -> Done:
    # pytest's own start is what is tried: nothing of it is there before.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=folder, env=_surroundings(environment), capture_output=True,
        text=True, timeout=WITHIN, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def invoked(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def simulated_project(folder: Path) -> Path:
    assert invoked("init", str(folder), "--name", "shop").exit_code == 0
    (folder / "conftest.py").write_text(SIMULATED)
    return folder


CLAIMS: tuple[Claim, ...] = (HealsWithin(SERVICE, 30), SuccessShare(99, 60), FailingTime(5), NoFailure())


def stored_run(base: Path, weakness: Weakness | None = None) -> RunFolder:
    """Return the folder of a run that was simulated."""
    clock = VirtualClock()
    platform = SimulatedPlatform(SERVICE, clock, weakness)
    folder = RunFolder.create(base, "one pod crashes")
    promises = [Promise(type(claim).__name__.lower(), claim) for claim in CLAIMS]
    system = find_system("quantum-rerank", ROOT)
    scenario = Scenario("One pod crashes", "crash", system, Crash(SERVICE), promises, 50, to_the_end=True)
    Experiment(scenario, Surroundings(platform, SimulatedTraffic(platform, clock), clock), folder).run()
    return folder


def _surroundings(more: dict[str, str]) -> dict[str, str]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": "", "COLUMNS": "100", **WITHOUT, **more}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    return environment
