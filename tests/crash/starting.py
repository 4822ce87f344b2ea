"""Starting a victim, from another process."""

import subprocess
import sys
from pathlib import Path

from tests.crash.blows import Blow
from tests.crash.cases import LASTS, ROOT
from tests.crash.marked import environment

LONGEST = 200


def victim(
    case: str, runs: Path, step: int = 0, blow: Blow = Blow.BOTH, lasts: float = LASTS
) -> "subprocess.CompletedProcess[str]":
    """Carry a case out until a step (0: to its end), at which is done what the blow says."""
    command = [sys.executable, "-m", "tests.crash.victim", case, str(runs), str(step), blow, str(lasts)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=False, env=environment(runs)
    )
