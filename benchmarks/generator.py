"""What the benchmarks of prober and load share: a server in its own process, its freeze, lateness, the machine."""

import math
import os
import platform
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from squall.clock import SYSTEM
from squall.load.process import LoadProcess
from squall.process.message import What
from squall.record.samples import Sample
from squall.system import system


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Yield the URL of a small server and the number of its process."""
    command = [sys.executable, "-m", "tests.load.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid
        process.stdin.close()


def start_load(rate: float, url: str, path: Path, said: list[What]) -> LoadProcess:
    """Start the load process at a rate, with the users of the tests."""
    settings = {"locustfile": "tests/load/users.py", "rate": f"{rate:g}/s", "timeout": "10s", "max_in_flight": 20000}
    return LoadProcess.start(system.UserLoad.model_validate(settings), url, path, lambda _, what: said.append(what))


def freeze(process: int, seconds: float) -> tuple[float, float]:
    """Stop a process for some time; return from when to when."""
    os.kill(process, signal.SIGSTOP)
    start = SYSTEM.now()
    wait(seconds)
    os.kill(process, signal.SIGCONT)
    return start, SYSTEM.now()


def wait(seconds: float) -> None:
    """Let the measurement run."""
    SYSTEM.sleep(seconds)


def lateness(taken: Sequence[Sample]) -> str:
    """Describe by how much samples left too late."""
    late = sorted(1000 * sample.lateness for sample in taken if not math.isnan(sample.sent))
    return (f"late by median {statistics.median(late):.2f} ms, p99 {percentile(late, 99):.2f} ms, "
            f"max {late[-1]:.1f} ms, {len(taken) - len(late)} dropped")  # fmt: skip


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return a percentile of ordered values: the smallest that at least that share does not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def describe() -> str:
    """Describe the machine and how busy it is."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, load average {load}"
