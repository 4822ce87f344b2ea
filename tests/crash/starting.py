"""Starting a victim, from another process; and its steps, learned from one that nothing strikes."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.crash.blows import Blow
from tests.crash.cases import LASTS, ROOT
from tests.crash.marked import environment
from tests.crash.points import BITTEN, OBSERVED, Point, chosen

# A victim that takes longer hangs; the machine may stand still for others meanwhile.
LONGEST = 900
TRIES = 3


def victim(
    case: str, runs: Path, step: int = 0, blow: Blow = Blow.BOTH, lasts: float = LASTS
) -> "subprocess.CompletedProcess[str]":
    """Carry a case out until a step (0: to its end), at which is done what the blow says."""
    command = [sys.executable, "-m", "tests.crash.victim", case, str(runs), str(step), blow, str(lasts)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=False, env=environment(runs)
    )


def points(case: str) -> Sequence[Point]:
    """Return the points of a case: all steps of a run from the harm on, and some of those before."""
    return chosen(steps(case))


@cache
def steps(case: str) -> Sequence[str]:
    """Return the steps of a run in which the fault bites. Raises AssertionError: it does not bite."""
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory(prefix="squall-crash-") as folder:
            done = victim(case, Path(folder))
            # On a busy machine a run may not get to its harm.
            said = (Path(folder) / "steps").read_text().splitlines() if done.returncode == 0 else []
            if OBSERVED in said and any(name.startswith(BITTEN) for name in said):
                return said
    raise AssertionError(f"{case} does not bite: {done.stdout}{done.stderr}")
