"""How long a large record takes: reading, judging with five claims, drawing; and the memory. ``--millions 1 10``."""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from squall.claims.claim import Claim
from squall.claims.failing_time import FailingTime
from squall.claims.heals_within import HealsWithin
from squall.claims.judge import judge
from squall.claims.latency_back import LatencyBack
from squall.claims.latency_below import LatencyBelow
from squall.claims.registry import planned
from squall.claims.success_share import SuccessShare
from squall.record.columns import load
from squall.record.folder import Record
from squall.record.samples import Sample, encode
from squall.report.figure import draw
from tests.records import HARM, plan, record, replaced, started, whole

SECONDS, BEFORE = 95.0, 15.0
CLAIMS: dict[str, Claim] = {
    "share": SuccessShare(90, 60), "time": FailingTime(5), "heals": HealsWithin("api", 30),
    "below": LatencyBelow(95, 60, 200), "back": LatencyBack(95, 5, 200, 30),
}  # fmt: skip


def main() -> None:
    """Measure each size in a process of its own, on one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", default=[1.0])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.folder:
        measured(given.millions[0], given.folder)
        return
    for millions in given.millions:
        with tempfile.TemporaryDirectory() as folder:
            written(millions, Path(folder))
            again = [sys.executable, "-m", "benchmarks.judge", "--millions", str(millions), "--folder", folder]
            subprocess.run(["taskset", "-c", "0", *again], check=True)


def written(millions: float, folder: Path) -> None:
    """Write the load's log, three seconds of which failed, and probes."""
    for name, count in (("requests", int(millions * 1e6)), ("probes", 9500)):
        rate = count / SECONDS
        with (folder / f"{name}.sqb").open("wb") as file:
            for first in range(0, count, 50000):
                rows = (_sample(number / rate) for number in range(first, min(count, first + 50000)))
                file.write(encode(rows))


def _sample(after: float) -> Sample:
    t = HARM - BEFORE + after
    bad = HARM <= t < HARM + 3
    return Sample(t, t, t + 0.01, 503 if bad else 200, not bad, "request", "load", "api-1", "http 503" if bad else "")


def measured(millions: float, folder: Path) -> None:
    """Read, judge and draw; print what each took."""
    of = plan([planned(text, "Then", claim) for text, claim in CLAIMS.items()], rate=millions * 1e6 / SECONDS)
    frame = whole(record(more=[*replaced(), started(of.rate)], of=of))
    took = [time.process_time()]
    requests, probes = load(folder / "requests.sqb"), load(folder / "probes.sqb")
    took.append(time.process_time())
    seen = Record(of, frame.timeline, requests, probes)
    judgement = judge(seen)
    took.append(time.process_time())
    draw(seen, judgement)
    took.append(time.process_time())
    reading, judging, drawing = (b - a for a, b in pairwise(took))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdicts = " ".join(finding.verdict.name for finding in judgement.findings)
    print(
        f"{millions:g} million: reading {reading:.2f} s, judging {judging:.2f} s, figure {drawing:.2f} s, "
        f"in all {took[-1] - took[0]:.2f} s of one core, {most:.0f} MB ({verdicts})"
    )


if __name__ == "__main__":
    main()
