"""``make demo``: runs the three scenarios of demo.feature and says what each came to, for a newcomer.

Ends with 1 if a verdict is not the one that its scenario is there to show.
"""

import ctypes
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from squall.record.folder import RunFolder, slug
from squall.report.live import shown
from squall.report.wording import line
from squall.verdict import Cause, Verdict

LOOK_EVERY = 0.1
# A check that all is installed takes this long (s) at the most.
INSTANT = 2
# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
FEATURE = Path(__file__).with_name("demo.feature")
Expected = tuple[Verdict, Cause | None]
STORIES: dict[str, tuple[Expected, str]] = {
    "A crash that the system survives": (
        (Verdict.HELD, None),
        """One of three instances was killed while requests kept arriving. The promise was kept, and all of the measured
        range lies inside the limit: that is what HELD means.""",
    ),
    "The same crash, where there is only one instance": (
        (Verdict.BROKEN, None),
        """The same promise and the same crash, but nobody is there to answer while the only instance starts again. More
        requests failed than was promised: BROKEN.""",
    ),
    "A harm that does not reach its target": (
        (Verdict.INCONCLUSIVE, Cause.NO_EFFECT),
        """An instance was told to stop and went on serving. No request failed, and yet this is no pass: the harm did
        not reach its target, so nothing was proven. squall says INCONCLUSIVE, and why.""",
    ),
}
# One round after the other, what is in one side by side. The first shows that all goes well: it is measured alone.
ROUNDS = (("A crash that the system survives",), tuple(STORIES)[1:])
OTHERWISE = """That is not what this scenario is there to show. On a machine that is too busy to serve or to measure,
squall says INCONCLUSIVE rather than guess: try again when it has less to do."""


def main(runs: Path) -> int:
    began = time.monotonic()
    print("QuantumRerank runs on this machine: three instances behind Envoy, with PostgreSQL and Valkey.\n")
    wrong = [title for titles in ROUNDS for title in wrong_of(titles, runs)]
    print(f"That took {time.monotonic() - began:.0f} s, {before()}. Each run left a folder with its report:")
    for folder in sorted(runs.glob("*/")):
        print(f"  {folder}/report.html")
    print("\nNext: squall show --why FOLDER   why a verdict can be believed")
    print("      squall init my-system      the same for a system of your own")
    for title in wrong:
        print(f"demo: {title!r} did not come to what it is there to show; see {log(title, runs)}", file=sys.stderr)
    return 1 if wrong else 0


def wrong_of(titles: Sequence[str], runs: Path) -> list[str]:
    """Run scenarios side by side; return those that did not come to what they are there to show."""
    with ExitStack() as running:
        started = {title: running.enter_context(begun(title, runs)) for title in titles}
        return [title for title in titles if not told(title, *STORIES[title], runs, started[title])]


def begun(title: str, runs: Path) -> "subprocess.Popen[bytes]":
    """Start one scenario, with a system of its own."""
    chosen = f"{FEATURE}::{title}"
    command = [sys.executable, "-m", "squall", "run", chosen, "--platform", "local", "--runs", str(runs)]
    with log(title, runs).open("wb") as output:
        # Whoever kills this program ends the run too: it undoes what it did, as after Ctrl-C.
        return subprocess.Popen(command, stdout=output, stderr=output, preexec_fn=ended_with_us)


def log(title: str, runs: Path) -> Path:
    return runs / f"{slug(title)}.txt"


def ended_with_us() -> None:
    """Ask the kernel to send SIGTERM to this process when its parent is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def before() -> str:
    """Say how long the install took that came before, as ``make`` tells it (s); a second or two is none."""
    seconds = os.environ.get("SQUALL_INSTALLED_IN", "0")
    return f"and the install before it {seconds} s" if int(seconds) > INSTANT else "nothing had to be installed"


def told(title: str, expected: Expected, why: str, runs: Path, process: subprocess.Popen[bytes]) -> bool:
    """Show how one scenario goes, and say what it came to; return whether that was as expected."""
    print(f"  {title}", flush=True)
    folder = appeared(runs, slug(title), process)
    if folder is None:
        print(log(title, runs).read_text(errors="replace"), file=sys.stderr)
        return False
    with shown(folder, sys.stdout):
        while not folder.judged and process.poll() is None:
            time.sleep(LOOK_EVERY)
    if not folder.judged:
        return False
    judgement = folder.judgement()
    as_expected = (judgement.verdict, judgement.headline.cause) == expected
    print(f"  {line(judgement.headline)}")
    said = " ".join((why if as_expected else OTHERWISE).split())
    print(textwrap.fill(said, 90, initial_indent="  ", subsequent_indent="  ") + "\n", flush=True)
    return as_expected


def appeared(runs: Path, name: str, process: subprocess.Popen[bytes]) -> RunFolder | None:
    """Return the folder that a scenario's run made; None if the process ended without one."""
    while True:
        alive = process.poll() is None
        if found := list(runs.glob(f"*-{name}")):
            return RunFolder(found[0])
        if not alive:
            return None
        time.sleep(LOOK_EVERY)


def place(base: Path) -> Path:
    """Make a folder of this demo's own; another one may have begun in the same second."""
    for number in range(1000):
        folder = base / time.strftime(f"demo-%Y%m%dT%H%M%S{f'-{number}' if number else ''}")
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder
    raise FileExistsError(base)


if __name__ == "__main__":
    try:
        sys.exit(main(place(Path("runs"))))
    except KeyboardInterrupt:
        print("\ndemo: interrupted; what it had started is ended", file=sys.stderr)
        sys.exit(130)
