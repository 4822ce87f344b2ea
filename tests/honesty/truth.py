"""``make truth``: random outages of a scripted server, through squall's real load and prober. ``--outages 300``.

Each outage is measured as a run measures it: by the witnesses of what users and probes saw, from a moment before it to
one after it. Printed: how often the stated ranges hold the script's own figures, and how far their middles lie off.
"""

import argparse
import json
import random
import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np

from squall.clock import SYSTEM
from squall.interval import Interval
from squall.load.process import LoadProcess
from squall.measure.load import lateness
from squall.measure.outages import failing_time
from squall.measure.recovery import kept_again
from squall.measure.witness import witness
from squall.probes.process import ProberProcess
from squall.record import columns
from squall.record.columns import Floats, Samples, latency
from squall.record.plan import Objective
from squall.system import system

ROOT = Path(__file__).parents[2]
RATE, PROBE_RATE = 100, 50
OBJECTIVE = Objective(99.0, 90.0, 1000.0)
HOLD = 1.0
# Good time on both sides of an outage, and how long it lasts (s).
MARGIN, LENGTHS = 1.25, (0.1, 2.0)
SHARES = (1.0, 0.5, 1 / 3)
# Outages in which fewer failures are to be expected need not show (docs/verdicts.md).
FEWEST = 5


@dataclass(frozen=True, slots=True)
class ScriptedOutage:
    """One outage as it was, and squall's two figures of it (s): how long users failed, and since when all is well."""

    begin: float
    end: float
    share: float
    failing: Interval
    back: Interval

    @property
    def error(self) -> float:
        """How far the middle of the failing time lies off its length."""
        return abs((self.failing.low + self.failing.high) / 2 - (self.end - self.begin))

    @property
    def end_error(self) -> float:
        """How far the middle of when all was well again lies off the end."""
        return abs((self.back.low + self.back.high) / 2 - self.end)

    def inside(self, way: float = 0.0) -> bool:
        """Whether both figures hold the truth, up to the time (s) that a request takes to its answer."""
        length = self.end - self.begin
        pairs = (self.failing, length), (self.back, self.end)
        return all(said.low - way <= truth <= said.high + way for said, truth in pairs)

    @property
    def seen_well(self) -> bool:
        """Whether at least five failures are to be expected."""
        return (self.end - self.begin) * RATE * self.share >= FEWEST


@dataclass(frozen=True, slots=True)
class TruthRun:
    """All outages of one run, and how many 503 the server and squall counted.

    ``late`` is the p99 of the load's lateness, ``way`` that of good answers' latency (s): who is meant at a moment
    comes to the server within that, and edges are known no better.
    """

    outages: Sequence[ScriptedOutage]
    late: float
    way: float
    failed_there: int
    failed_here: int


def measured(count: int, seed: int) -> TruthRun:
    """Let so many outages happen to a real load and a real prober, and measure each."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with _served(folder / "log") as (url, told):
            load, prober = _traffic(url, folder)
            try:
                script = scripted(count, SYSTEM.now() + 2.0, random.Random(seed))
                told.write(json.dumps(script) + "\n")
                told.flush()
                SYSTEM.sleep(script[-1][1] + MARGIN + 1.0 - SYSTEM.now())
            finally:
                load.stop()
                prober.stop()
        users, probes = columns.load(folder / "requests.sqb"), columns.load(folder / "probes.sqb")
        log = array("d", (folder / "log").read_bytes())
    here = int(users.failed.sum() + probes.failed.sum())
    return TruthRun([_outage(each, users, probes) for each in script], lateness(users), _way(users),
                    int(sum(log[1::2])), here)  # fmt: skip


def _way(users: Samples) -> float:
    return float(np.percentile(latency(users)[users.known & users.ok], 99))


def scripted(count: int, start: float, rng: random.Random) -> list[tuple[float, float, float]]:
    """Return outages of random length, share and distance, one after another: (begin, end, share)."""
    found, moment = [], start
    for number in range(count):
        begin = moment + MARGIN + 0.1 * rng.random()
        end = begin + rng.uniform(*LENGTHS)
        found.append((begin, end, SHARES[number % len(SHARES)]))
        moment = end + MARGIN
    return found


def _outage(script: tuple[float, float, float], users: Samples, probes: Samples) -> ScriptedOutage:
    begin, end, share = script
    seen, probed = (witness(each, begin - MARGIN, end + MARGIN, OBJECTIVE.latency) for each in (users, probes))
    back = kept_again(seen, OBJECTIVE, HOLD).when.later(kept_again(probed, OBJECTIVE, HOLD).when)
    return ScriptedOutage(begin, end, share, failing_time(seen, 1 - OBJECTIVE.success / 100, HOLD), back)


def _traffic(url: str, folder: Path) -> tuple[LoadProcess, ProberProcess]:
    asked = {"locustfile": "tests/honesty/users.py", "rate": f"{RATE}/s", "timeout": "1s"}
    probe = system.Probe.model_validate({"path": "/", "rate": f"{PROBE_RATE}/s", "timeout": "1s"})
    load = LoadProcess.start(
        system.UserLoad.model_validate(asked), url, folder / "requests.sqb", lambda *_: None, root=ROOT
    )
    return load, ProberProcess.start(probe, url, folder / "probes.sqb", lambda *_: None, root=ROOT)


@contextmanager
def _served(log: Path) -> Iterator[tuple[str, IO[str]]]:
    command = [sys.executable, "-m", "tests.honesty.scripted", str(log)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process.stdin
        process.stdin.close()


def _spread(errors: Floats) -> str:
    # Of ranges without an end no middle lies between.
    middle, most = np.percentile(errors, (50, 95), method="lower")
    return f"{middle:.0f}, {most:.0f}, {errors.max():.0f}"


def main() -> None:
    """Print how the figures fare, for total and partial outages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    run = measured(given.outages, given.seed)
    print(
        f"{RATE} users and 2 x {PROBE_RATE} probes a second; outages of {LENGTHS[0]} to {LENGTHS[1]} s "
        f"in which at least {FEWEST} of the users fail;"
    )
    print(f"load late by p99 {1000 * run.late:.1f} ms, answers within {1000 * run.way:.1f} ms (p99);")
    print(f"503: the server sent {run.failed_there}, squall counted {run.failed_here}")
    print(
        "| share that failed | outages | truth inside (to the way) | error: p50, p95, most (ms) | of the end | width |"
    )
    print("|---|---|---|---|---|---|")
    for share in SHARES:
        some = [each for each in run.outages if each.share == share and each.seen_well]
        errors = 1000 * np.array([each.error for each in some])
        ends = 1000 * np.array([each.end_error for each in some])
        width = 1000 * float(np.median([each.failing.high - each.failing.low for each in some]))
        inside = [sum(each.inside(way) for each in some) for way in (0.0, run.way)]
        held = f"{inside[0]} ({inside[1]})"
        print(f"| {share:.2f} | {len(some)} | {held} | {_spread(errors)} | {_spread(ends)} | {width:.0f} |")
    for each in run.outages:
        if each.seen_well and not each.inside():
            length = each.end - each.begin
            print(f"outside: share {each.share:.2f}, {length:.3f} s, said {each.failing}; "
                  f"end {each.end:.3f}, said {each.back}")  # fmt: skip


if __name__ == "__main__":
    main()
