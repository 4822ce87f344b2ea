"""squall's load beside Locust's own users, k6 and oha: in one run, one core each, against the same server.

    python -m benchmarks.load [--seconds 8] [--rates 500 1000 1500 2000 3000] [--only squall k6] [--at 1000]

The generator runs on core 0, the server on another, both before ordinary processes (nice -10). What is printed:

* the highest rate at which the p99 of lateness was below 10 ms and nothing was missing. Lateness is measured at the
  server, in the same way for all: the i-th request was to come i/rate after the first; the least late is called on
  time. The first seconds are passed over, in which a generator starts: two, and 15 of Locust's, which makes a user for
  each request a second. Rates rise until two in a row fail.
* processor and memory at one rate: the time that the generator's processes took over three seconds in the middle (from
  /proc), in % of a core, and their resident memory then.
* the p99 of latency that each reports (Locust's to two digits, as it keeps it) of a run at 100 a second whose server is
  stopped (SIGSTOP) for 3 s, beside the truth: who comes t seconds before the end of the stop waits t.

Locust keeps no schedule: so many users ask once a second each (constant_throughput).
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from benchmarks.generator import describe, freeze, wait
from benchmarks.peers import CORE, Job, Peer, found

ON_TIME, ENOUGH = 0.010, 0.99
_FIRST = 60.0
FROZEN = 3.0


@dataclass
class Run:
    """What one run came to: moments at the server, the generator's p99 (s), share of a core and memory (MB)."""

    came: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    p99: float
    cpu: float
    memory: float
    stop: tuple[float, float]

    def lateness(self, rate: int, seconds: int, starts: int) -> tuple[float, float]:
        """Return the p99 of lateness (s), and which share of the requests that were to come did."""
        if not len(self.came):
            return float("nan"), 0.0
        first = self.came[0] + starts
        came = self.came[(self.came >= first) & (self.came < first + seconds - 3)]
        behind = came - np.arange(len(came)) / rate
        share = len(came) / ((seconds - 3) * rate)
        return (float(np.percentile(behind - behind.min(), 99)) if len(came) else float("nan")), share

    def truth(self) -> float:
        """Return the true p99 (s) of who came evenly from the first to the last request, by the stop alone."""
        start, end = self.stop
        meant = np.arange(self.came[0], self.came[-1], 0.001)
        return float(np.percentile(np.where((meant >= start) & (meant < end), end - meant, 0.0), 99))


def main() -> None:
    """Measure each, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rates", type=int, nargs="+", default=[500, 1000, 1500, 2000, 3000, 4000])
    parser.add_argument("--at", type=int, default=1000)
    parser.add_argument("--only", nargs="+")
    given = parser.parse_args()
    print(describe())
    peers = [peer for peer in found() if not given.only or peer.name in given.only]
    for peer in peers:
        print(f"{peer.name}: {_highest(peer, given.rates, given.seconds)}", flush=True)
        run = _run(peer, given.at, given.seconds)
        late, share = run.lateness(given.at, given.seconds, peer.starts)
        print(f"  at {given.at}/s: {run.cpu:.0%} of a core, {run.memory:.0f} MB, late by p99 {late * 1000:.1f} ms, "
              f"{share:.1%} came", flush=True)  # fmt: skip
        stalled = _run(peer, 100, 15, frozen=True)
        truth = stalled.truth()
        print(f"  stopped for {stalled.stop[1] - stalled.stop[0]:.3f} s at 100/s: reports p99 {stalled.p99:.3f} s, "
              f"true {truth:.3f} s ({stalled.p99 / truth - 1:+.1%})", flush=True)  # fmt: skip
    print(describe())


def _highest(peer: Peer, rates: Sequence[int], seconds: int) -> str:
    best, failed, told = 0, 0, []
    for rate in rates:
        late, share = _run(peer, rate, seconds).lateness(rate, seconds, peer.starts)
        kept = late < ON_TIME and share > ENOUGH
        told.append(f"{rate}/s {late * 1000:.1f} ms{'' if share > ENOUGH else f' ({share:.0%} came)'}")
        best, failed = (rate, 0) if kept else (best, failed + 1)
        if failed == 2:
            break
    return f"on time (p99 < 10 ms) up to {best}/s; " + ", ".join(told)


def _run(peer: Peer, rate: int, seconds: int, *, frozen: bool = False) -> Run:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with _target(folder / "came") as (url, server):
            extra = 0 if frozen else peer.starts - 2
            job = Job(url, rate, seconds + extra, folder)
            command = ["nice", "-n", "-10", "taskset", "-c", CORE, *peer.command(job)]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                env={**os.environ, **peer.variables(job)},
            ) as process:  # fmt: skip
                _until_it_asks(server)
                wait(extra + seconds / 2 - 1.5)
                stop = freeze(server, FROZEN) if frozen else (0.0, 0.0)
                cpu, memory = (0.0, 0.0) if frozen else _cost(process.pid)
                wait(max(0.0, seconds / 2 - 1.5) + (0.0 if peer.ends else 0.5))
                if not peer.ends:
                    process.send_signal(signal.SIGTERM)
                said, _ = process.communicate(timeout=60)
            p99 = peer.p99(job, said)
        came = array("d", (folder / "came").read_bytes())
    return Run(np.sort(np.array(came)), p99, cpu, memory, stop)


@contextmanager
def _target(file: Path) -> Iterator[tuple[str, int]]:
    # Neither nice nor taskset stays: each becomes the next, and the process has one number.
    command = [
        "nice",
        "-n",
        "-10",
        "taskset",
        "-c",
        _other_core(),
        sys.executable,
        "-m",
        "benchmarks.target",
        str(file),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid
        process.stdin.close()


def _other_core() -> str:
    return str(max(os.sched_getaffinity(0)))


def _until_it_asks(server: int) -> None:
    end = time.monotonic() + _FIRST
    while len(psutil.Process(server).net_connections("tcp")) < 2 and time.monotonic() < end:
        wait(0.05)


def _cost(generator: int) -> tuple[float, float]:
    """Return the share of a core over three seconds, and the resident memory (MB), of a process and its children."""
    every = [psutil.Process(generator), *psutil.Process(generator).children(recursive=True)]
    before, began = _cpu(every), time.monotonic()
    wait(3.0)
    memory = sum(each.memory_info().rss for each in every) / 2**20
    return (_cpu(every) - before) / (time.monotonic() - began), memory


def _cpu(every: Sequence[psutil.Process]) -> float:
    return float(sum(times.user + times.system for times in (each.cpu_times() for each in every)))


if __name__ == "__main__":
    main()
