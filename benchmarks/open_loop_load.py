"""Whether the load keeps its schedule, and tells the truth about a freeze.

    python -m benchmarks.open_loop_load [seconds]

Starts the load process as squall does, against a small asyncio server in a process of its own on 127.0.0.1. First at
100, 500 and 1000 requests a second: lateness (sent - intended) from the samples, arrivals against rate x time, share
of a core. Then at 100 a second with the server frozen (SIGSTOP) for 3 s, as in facts.md 1.2: the p99 of latency from
the intended moment, against what arithmetic says of the true freeze (who comes t seconds before its end waits t).
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generator import describe, freeze, lateness, percentile, served, start_load, wait
from squall.process.message import What
from squall.record import columns


def steady(rate: float, seconds: float, folder: Path) -> None:
    said: list[What] = []
    path = folder / f"{rate:g}.sqb"
    with served() as (url, _):
        load = start_load(rate, url, path, said)
        wait(seconds)
        load.stop()
    taken = columns.load(path)
    start, end, cpu = (float(str(what)) for what in (said[0]["start"], said[-1]["end"], said[-1]["cpu"]))
    meant = 1 + int((end - start) * rate)
    wrong = sum(not sample.ok for sample in taken)
    answered = sorted(1000 * sample.latency for sample in taken)
    print(f"{rate:4g} rps: {len(taken)} arrivals (meant {meant}), {lateness(taken)}, {wrong} failed, latency "
          f"p99 {percentile(answered, 99):.1f} ms, {cpu / (end - start):.0%} of a core", flush=True)  # fmt: skip


def frozen(folder: Path) -> None:
    path = folder / "frozen.sqb"
    said: list[What] = []
    with served() as (url, server):
        load = start_load(100, url, path, said)
        wait(6)
        start, end = freeze(server, 3)
        wait(6)
        load.stop()
    taken = columns.load(path)
    seen = percentile(sorted(sample.latency for sample in taken), 99)
    truth = percentile(sorted(max(0.0, end - s.intended) if s.intended >= start else 0.0 for s in taken), 99)
    print(f" 100 rps, frozen {end - start:.3f} s: p99 {seen:.3f} s, true {truth:.3f} s ({seen / truth - 1:+.1%}), "
          f"{lateness(taken)}")  # fmt: skip


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 15.0
    print(describe())
    with TemporaryDirectory() as temporary:
        for target in (100.0, 500.0, 1000.0):
            steady(target, length, Path(temporary))
        frozen(Path(temporary))
    print(describe())
