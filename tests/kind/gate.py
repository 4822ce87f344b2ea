"""Runs single scenarios as a user would, once each, through the command, and reads what they left.

No run is made again. Where the machine's host took so much of its processor that a run could prove nothing, the test is
skipped, with the run's own words: nothing was found out about squall or about the system.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.report import evidence
from squall.safety.undo_log import UndoLog
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"
CONTEXT = "kind-squall"
KIND = ("--platform", "kind", "--context", CONTEXT)
LONGEST = 280

OF_THE_MACHINE = frozenset(
    {Cause.MACHINE_SLOW, Cause.NOT_STEADY, Cause.TOO_CLOSE, Cause.LOAD_SHORT, Cause.PROBER_LATE, Cause.CLOCK_JUMP}
)
"""What a machine whose host takes its processor away makes of a run that is right in all else."""


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
        return len(UndoLog(self.folder.undo).open_entries())

    @property
    def starved(self) -> bool:
        """Whether this machine's host took so much of its processor that the report warns of it."""
        stolen = evidence.stolen(self.folder.load())
        return stolen is not None and stolen.much


def carried_out(
    feature: Path,
    title: str,
    runs: Path,
    *options: str,
    where: Sequence[str] = KIND,
    meant: Cause | None = None,
) -> Outcome:
    """Run one scenario, and return what it left; more ``options`` go to the command.

    ``meant`` is the cause for which the scenario shall prove nothing. The test is skipped if it proved nothing for
    another cause that such a machine brings, and the host took much of this machine's processor.
    """
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
    outcome = Outcome(done.returncode, done.stdout + done.stderr, RunFolder(folders[-1]))
    if blurred(outcome.judgement, meant) and outcome.starved:
        pytest.skip(f"this machine's host took much of its processor: {outcome.judgement.headline.reason}")
    return outcome


def blurred(judgement: Judgement, meant: Cause | None) -> bool:
    """Return whether a run proved nothing for a cause that a starved machine brings, and not for the one ``meant``."""
    findings = judgement.findings if meant else [*judgement.findings, *judgement.built_in]
    causes = {finding.cause for finding in findings}
    return judgement.verdict is Verdict.INCONCLUSIVE and bool((causes & OF_THE_MACHINE) - {meant})
