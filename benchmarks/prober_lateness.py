"""Whether the prober is on time, and what it costs.

    python -m benchmarks.prober_lateness [seconds]

Starts the prober as squall does, 50 Hz in each of two lanes, against a small asyncio server in a process of its own
on 127.0.0.1, once alone and once beside the open-loop load at 1000 requests a second. Lateness is sent - intended,
from the samples; the share of a core is the process's CPU time over the time probed; the length of a freeze (SIGSTOP
for 3 s) is read from the samples as the time from the first probe that fails or takes longer than 0.2 s to the
last answer to such a probe.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generator import describe, freeze, lateness, served, start_load, wait
from squall.probes.process import ProberProcess
from squall.process.message import What
from squall.record import columns
from squall.system import system


def probe(seconds: float, load: float, frozen: float, folder: Path) -> None:
    stopped: list[What] = []
    path = folder / f"probes-{load:g}-{frozen:g}.sqb"
    with served() as (url, server):
        users = start_load(load, url, folder / f"load-{load:g}-{frozen:g}.sqb", []) if load else None
        prober = ProberProcess.start(
            system.Probe.model_validate({"path": "/", "rate": "50/s"}), url, path, lambda _, what: stopped.append(what)
        )
        wait(seconds / 2)
        truth = freeze(server, frozen) if frozen else None
        wait(seconds / 2)
        prober.stop()
        if users:
            users.stop()
    taken = columns.load(path)
    cpu = float(str(stopped[-1]["cpu"])) / (float(str(stopped[-1]["end"])) - float(str(stopped[0]["start"])))
    line = f"beside {load:4g} rps, frozen {frozen:g} s: {len(taken)} probes, {lateness(taken)}, {cpu:.1%} of a core"
    if truth:
        bad = [sample for sample in taken if not sample.ok or sample.latency > 0.2]
        seen = max(sample.done for sample in bad) - bad[0].intended
        line += f", freeze seen for {seen:.3f} s (true {truth[1] - truth[0]:.3f})"
    print(line, flush=True)


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    print(describe())
    with TemporaryDirectory() as temporary:
        for rate in (0.0, 1000.0):
            probe(length, rate, 0.0, Path(temporary))
        probe(length, 0.0, 3.0, Path(temporary))
    print(describe())
