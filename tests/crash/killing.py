"""Kills a run at one of its points, has another process undo it, and says what is wrong all the same."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from squall.undo import UndoLog
from tests.crash.blows import Blow, let_go
from tests.crash.cases import LASTS, ROOT, STANDS, Case, cases
from tests.crash.local_audit import gone, restored
from tests.crash.points import Point
from tests.crash.starting import LONGEST, victim


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a killed run came to: how many undo entries stood, what ``squall undo`` said, what is wrong all the same.

    A run that went another way (not steady on a busy machine) may never have come to the step: ``reached`` is false.
    """

    case: str
    blow: Blow
    point: Point
    reached: bool
    stood: int
    code: int
    said: str
    wrong: Sequence[str] = field(default_factory=list)


def struck(case: str, point: Point, blow: Blow = Blow.BOTH) -> Outcome:
    """Kill a run there, undo it, and look at what is left."""
    with tempfile.TemporaryDirectory(prefix="squall-crash-") as folder:
        runs, chosen = Path(folder), cases()[case]
        done = victim(case, runs, point.number, blow, STANDS if point.stands else LASTS)
        reached = _came_to(runs) == point.name
        try:
            log, wrong = _log(runs), list[str]()
            stood = len(log.standing())
            if reached and done.returncode != -signal.SIGKILL:
                wrong.append(f"it was not killed there: exit code {done.returncode}: {done.stderr}")
            wrong += _undone(chosen, log, runs)
            command = [sys.executable, "-m", "squall", "undo", "--runs", str(runs)]
            undone = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=False)
        finally:
            let_go(runs)
        wrong += [f"{entry.about} stands" for entry in log.standing().values() if undone.returncode != 3]
        wrong += gone(runs)
        return Outcome(case, blow, point, reached, stood, undone.returncode, undone.stdout.strip(), wrong)


def _undone(case: Case, log: UndoLog, runs: Path) -> Iterator[str]:
    """Undo the harm alone where the system outlives it, and look at the system."""
    if case.platform == "local" and (runs / "holder").exists() and (runs / "ground").exists():
        yield from restored(case.system(), log, runs)


def _came_to(runs: Path) -> str:
    step = runs / "step"
    return step.read_text() if step.exists() else ""


def _log(runs: Path) -> UndoLog:
    (run,) = [each for each in runs.iterdir() if each.is_dir()]
    return UndoLog(run / "undo.jsonl")
