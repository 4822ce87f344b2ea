"""What the harness costs beside its own windows, on a kind cluster: ``make kind`` first.

Runs one short crash scenario at 100 requests/s through ``squall run`` and prints: wall time beyond the steady window,
observation and hold, and beyond the time in which the system itself is brought up from fresh pods; the memory
(proportional set size, summed) of the harness and all its children at its highest; the prober's lateness and its
share of one core. Usage: ``python -m benchmarks.harness_overhead [RUNS]``.
"""

import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from squall.measure.load import lateness
from squall.record.event import PhaseBegan, ProberStarted, ProberStopped, Settled
from squall.record.folder import Record, RunFolder

ROOT = Path(__file__).parents[1]
SCENARIO = "tests/kind/project/features/overhead.feature::A short crash under 100 requests per second"
LOOK_EVERY = 0.25


def main(runs: int) -> None:
    for number in range(1, runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            wall, memory = measured(Path(folder))
            run = RunFolder(next(Path(folder).glob("*/")))
            record, verdict = run.load(), run.judgement().verdict
        windows = record.plan.steady_window + observed(record) + record.plan.hold
        prober = next(record.events(ProberStopped))
        began = next(record.events(ProberStarted))
        share = prober.cpu / (prober.end - began.start)
        print(f"run {number}: {verdict.name}")
        deployed = (record.phase("start") or 0.0) - (record.phase("prepare") or 0.0)
        print(f"  wall {wall:.1f} s, of it windows {windows:.0f} s and the system's own deployment {deployed:.1f} s")
        print(f"  overhead {wall - windows - deployed:.1f} s")
        print(f"  parts: {parts(record)}")
        print(f"  memory of all processes at the highest {memory / 1024:.0f} MB (PSS)")
        print(f"  prober late by {1000 * lateness(record.probes):.1f} ms at p99, {100 * share:.1f} % of one core")
        print(f"  load late by {1000 * lateness(record.requests):.1f} ms at p99")


def measured(folder: Path) -> tuple[float, int]:
    """Run the scenario; return its wall time (s) and the highest memory of its processes (kB)."""
    command = [sys.executable, "-m", "squall", "run", SCENARIO, "--runs", str(folder)]
    command += ["--platform", "kind", "--context", "kind-squall"]
    began, highest = time.monotonic(), 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            highest = max(highest, sum(memory(pid) for pid in family(process.pid)))
            time.sleep(LOOK_EVERY)
    return time.monotonic() - began, highest


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        found.append(parent)
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            waiting += [int(child) for child in task.read_text().split()]
    return found


def memory(pid: int) -> int:
    """Return a process's proportional set size in kB; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def observed(record: Record) -> float:
    """Return how long the observation was: it ends early once every claim is settled."""
    ended = next(record.events(Settled), None)
    return record.plan.observation if ended is None else ended.after


def parts(record: Record) -> str:
    """Return how long each phase took."""
    phases = [(e.name, e.t) for e in record.events(PhaseBegan)]
    return ", ".join(f"{name} {end - t:.1f} s" for (name, t), (_, end) in pairwise(phases))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
