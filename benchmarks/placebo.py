"""Runs in which nothing is harmed, beside a neighbour that burns half of this machine's processors.

    python -m benchmarks.placebo [RUNS] [PLATFORM] [SCENARIO]

Whatever such a run calls BROKEN is a false alarm, unless the system was ill by itself. Prints the verdict of each run,
how much of the processors neighbours used and for how much of the time somebody waited for one, and how often a false
alarm is to be expected at the most: the upper end of Clopper and Pearson's 95 % interval (one-sided). PLATFORM is kind
(``make kind`` first), local or compose.
"""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from squall.measure.doubt import doubtful, percent_used, percent_waited
from squall.measure.harm import onset
from squall.measure.steady import at_most
from squall.record.event import Beat
from squall.record.folder import Record, RunFolder
from squall.verdict import Verdict

ROOT = Path(__file__).parents[1]
SCENARIO = "features/quantum_rerank/steady.feature"
CONTEXT = ["--context", "kind-squall"]
BURN = "while True: pass"
# A run of 30 s takes a minute; one that takes so many seconds hangs.
LONGEST = 600.0
CHANCE = 0.05


@contextmanager
def neighbour(processors: int) -> Iterator[None]:
    """Burn so many processors while the block runs, in a session of their own: no child of a run."""
    burning = [subprocess.Popen([sys.executable, "-c", BURN], start_new_session=True) for _ in range(processors)]
    try:
        yield
    finally:
        for each in burning:
            each.kill()
            each.wait()


def one(platform: str, scenario: str, folder: Path) -> RunFolder:
    """Run it once."""
    command = [sys.executable, "-m", "squall", "run", scenario, "--runs", str(folder), "--platform", platform]
    command += CONTEXT if platform == "kind" else []
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False, timeout=LONGEST)
    return RunFolder(next(folder.glob("*/")))


def most(alarms: int, runs: int) -> float:
    """Return the highest probability of an alarm (%) that shows so few in so many runs once in twenty times."""
    low, high = alarms / runs, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(alarms, runs, middle) > CHANCE else (low, middle)
    return 100 * high


def crowd(record: Record) -> str:
    """Say how crowded the machine was."""
    beats = list(record.events(Beat, who="squall"))
    if len(beats) < 2 or beats[-1].others is None:
        return "neighbours are not known"
    taken = sum(each.high - each.low for each in doubtful(record))
    used, waited = percent_used(beats[0], beats[-1]), percent_waited(beats[0], beats[-1])
    return f"neighbours used {used:.0f} %, somebody waited {waited:.0f} % of the time, {taken:.0f} s are doubtful"


def main(runs: int, platform: str, scenario: str) -> None:
    verdicts: Counter[Verdict] = Counter()
    processors = max(1, (os.cpu_count() or 2) // 2)
    print(f"{scenario} on {platform}, {runs} runs, {processors} of {os.cpu_count()} processors burnt by a neighbour")
    for number in range(1, runs + 1):
        with tempfile.TemporaryDirectory() as folder, neighbour(processors):
            run = one(platform, scenario, Path(folder))
            judgement, record = run.judgement(), run.load()
            # A run that did not get so far has said nothing, and is no proof that it would have been right.
            verdicts[judgement.verdict] += onset(record) is not None
            said = f"{judgement.verdict.name}, {judgement.headline.reason}"
            print(f"run {number}: {said}; {crowd(record)}", flush=True)
    alarms = verdicts[Verdict.BROKEN]
    told = ", ".join(f"{verdicts[verdict]} {verdict.name}" for verdict in Verdict)
    through = verdicts.total()
    bound = f"at most {most(alarms, through):.1f} % (95 %)" if through else "which says nothing"
    print(f"{told} of {through} runs that got so far: {alarms} false alarms, {bound}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 10, (given[1:2] or ["kind"])[0], (given[2:3] or [SCENARIO])[0])
