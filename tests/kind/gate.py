"""Runs single scenarios as a user would, once each, through the command, and reads what they left."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.safety.undo_log import UndoLog

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"
CONTEXT = "kind-squall"
KIND = ("--platform", "kind", "--context", CONTEXT)
LONGEST = 280


@dataclass(frozen=True)
class Outcome:
    code: int
    output: str
    folder: RunFolder

    @property
    def judgement(self) -> Judgement:
        return self.folder.judgement()

    @property
    def standing(self) -> int:
        return len(UndoLog(self.folder.undo).standing())


def carried_out(feature: Path, title: str, runs: Path, *options: str, where: Sequence[str] = KIND) -> Outcome:
    """Run one scenario, and return what it left; more ``options`` go to the command."""
    command = [sys.executable, "-m", "squall", "run", f"{feature}::{title}", *where]
    done = subprocess.run(
        [*command, "--runs", str(runs), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    folders = sorted(runs.glob("*/"))
    assert folders, done.stdout + done.stderr
    return Outcome(done.returncode, done.stdout + done.stderr, RunFolder(folders[-1]))
