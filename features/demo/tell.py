"""``make demo``: runs the three scenarios of demo.feature one by one and says what each came to, for a newcomer.

Ends with 1 if a verdict is not the one that its scenario is there to show.
"""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

from squall.record import RunFolder
from squall.report.live import shown
from squall.report.wording import line
from squall.verdict import Verdict

FEATURE = Path(__file__).with_name("demo.feature")
STORIES = {
    "A crash that the system survives": (
        Verdict.HELD,
        """One of three instances was killed while requests kept arriving. The promise was kept, and all of the measured
        range lies inside the limit: that is what HELD means.""",
    ),
    "The same crash, where there is only one instance": (
        Verdict.BROKEN,
        """The same promise and the same crash, but nobody is there to answer while the only instance starts again. More
        requests failed than was promised: BROKEN.""",
    ),
    "A harm that does not reach its target": (
        Verdict.INCONCLUSIVE,
        """An instance was told to stop and went on serving. No request failed, and yet this is no pass: the harm did
        not reach its target, so nothing was proven. squall says INCONCLUSIVE, and why.""",
    ),
}


def main(runs: Path) -> int:
    began = time.monotonic()
    print("QuantumRerank runs on this machine: three instances behind Envoy, with PostgreSQL and Valkey.\n")
    wrong = [title for title, (expected, why) in STORIES.items() if not told(title, expected, why, runs)]
    print(f"That took {time.monotonic() - began:.0f} s. Each run left a folder with its report:")
    for folder in sorted(runs.glob("*/")):
        print(f"  {folder}/report.html")
    print("\nNext: squall show --why FOLDER   why a verdict can be believed")
    print("      squall init my-system      the same for a system of your own")
    for title in wrong:
        print(f"demo: {title!r} did not come to what it is there to show; see its output.txt", file=sys.stderr)
    return 1 if wrong else 0


def told(title: str, expected: Verdict, why: str, runs: Path) -> bool:
    """Run one scenario, show how it goes, and say what it came to; return whether that was as expected."""
    print(f"  {title}", flush=True)
    known = set(runs.glob("*/"))
    command = [sys.executable, "-m", "squall", "run", f"{FEATURE}::{title}", "--platform", "local", "--runs", str(runs)]
    with (runs / "output.txt").open("a") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        folder = appeared(runs, known, process)
        if folder is None:
            print((runs / "output.txt").read_text(), file=sys.stderr)
            return False
        with shown(folder, sys.stdout):
            process.wait()
    judgement = folder.judgement()
    print(f"  {line(judgement.headline)}")
    print(textwrap.fill(" ".join(why.split()), 90, initial_indent="  ", subsequent_indent="  ") + "\n", flush=True)
    return judgement.verdict is expected


def appeared(runs: Path, known: set[Path], process: subprocess.Popen[bytes]) -> RunFolder | None:
    """Return the folder that the process made; None if it ended without one."""
    while process.poll() is None:
        if fresh := set(runs.glob("*/")) - known:
            return RunFolder(fresh.pop())
        time.sleep(0.1)
    return None


if __name__ == "__main__":
    place = Path("runs") / time.strftime("demo-%Y%m%dT%H%M%S")
    place.mkdir(parents=True)
    sys.exit(main(place))
