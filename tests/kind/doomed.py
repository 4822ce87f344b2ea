"""A run on the real cluster that is going to be killed: ``python -m tests.kind.doomed HARM RUNS``. It has a guard.

And what tests do with it: wait until its harm has its effect, and kill the harness, or its guard and the harness.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from squall.claims.success_share import SuccessShare
from squall.faults.api_server_freeze import ApiServerFreeze
from squall.faults.fault import Fault
from squall.faults.scale import Scale
from squall.platforms.kind.platform import Kind
from squall.record.event import HarmEffect
from squall.record.folder import RunFolder
from squall.run.experiment import Experiment, Surroundings
from squall.run.guard import guarded
from squall.run.scenario import Promise, Scenario
from squall.system.system import Steady, System
from tests.crash.stepping import Probes
from tests.kind.expiring import with_expiry
from tests.kind.gate import CONTEXT, ROOT

HARMS: Mapping[str, Fault] = {
    "scale": Scale("back", count=0),
    "api server": ApiServerFreeze("", lasts=10.0),
}


def hurried(system: System) -> System:
    """The system, steady after six seconds: p95 needs 200 of users and 200 probes, 40 a second each."""
    steady = Steady.model_validate({"window": "6s", "hold": "6s", "patience": "40s"})
    return system.model_copy(update={"steady": steady, "probe": system.probe.model_copy(update={"rate": 20.0})})


def killed(harm: str, runs: Path, guard: bool) -> RunFolder:
    """Kill a run as soon as its harm has its effect, and its ``guard`` before it."""
    command = [sys.executable, "-m", "tests.kind.doomed", harm, str(runs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as harness:
        folder = bitten(runs, harness)
        if guard:
            # First: it would undo within a second of the harness's death.
            os.kill(_guard_of(folder), signal.SIGKILL)
        harness.send_signal(signal.SIGKILL)
    return folder


def bitten(runs: Path, harness: "subprocess.Popen[bytes]") -> RunFolder:
    """Wait until the harm of a run has its effect."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and harness.poll() is None:
        for folder in map(RunFolder, runs.glob("*/")):
            if any(isinstance(event, HarmEffect) for event in folder.timeline()):
                return folder
        time.sleep(0.1)
    raise AssertionError(f"the harm had no effect; exit code {harness.poll()}")


def _guard_of(folder: RunFolder) -> int:
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = words.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"squall.run.guard" in said and str(folder.path).encode() in said:
            return int(words.parent.name)
    raise AssertionError("the run has no guard")


def main(harm: str, runs: Path) -> None:
    promises = [Promise("half of the requests succeed", SuccessShare(50, 60))]
    system = hurried(with_expiry())
    scenario = Scenario("killed", "expiry", system, HARMS[harm], promises, rate=40, seed=1, to_the_end=True)
    with closing(Kind(system, CONTEXT)) as on:
        Experiment(scenario, Surroundings(on, Probes(), guard=guarded), RunFolder.create(runs, "killed")).run()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
