"""Runs single scenarios as a user would, through the command, and reads what they left.

A run is made again when the machine that it was made on kept it from proving what it is for; never for anything else.
"""

import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.report import trust
from squall.safety.undo_log import UndoLog
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"
CONTEXT = "kind-squall"
KIND = ("--platform", "kind", "--context", CONTEXT)
LONGEST = 280
TRIES = 3

OF_THE_MACHINE = frozenset({Cause.NOT_STEADY, Cause.TOO_CLOSE, Cause.LOAD_SHORT, Cause.PROBER_LATE, Cause.CLOCK_JUMP})
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
        return len(UndoLog(self.folder.undo).standing())

    @property
    def starved(self) -> bool:
        """Whether this machine's host took so much of its processor that the report warns of it."""
        stolen = trust.stolen(self.folder.load())
        return stolen is not None and stolen.much


def blurred(judgement: Judgement, meant: Cause | None, *, doubted: bool = False) -> bool:
    """Return whether the machine kept a run from what it shall prove: HELD, BROKEN, or INCONCLUSIVE as ``meant``.

    BROKEN is taken for the machine's doing only where it is ``doubted``.
    """
    if judgement.verdict is Verdict.BROKEN:
        return doubted
    if judgement.verdict is not Verdict.INCONCLUSIVE:
        return False
    findings = judgement.findings if meant else [*judgement.findings, *judgement.built_in]
    causes = {finding.cause for finding in findings}
    return bool((causes & OF_THE_MACHINE) - {meant})


def carried_out(
    feature: Path,
    title: str,
    runs: Path,
    *options: str,
    where: Sequence[str] = KIND,
    meant: Cause | None = None,
    healthy: bool = False,
) -> Outcome:
    """Run one scenario, again while the machine blurs it, and return what the last run left.

    The test is skipped, with the reason, if the last was blurred too and the host took much of this machine's
    processor. More ``options`` go to the command; ``meant`` is the cause for which the scenario shall prove nothing;
    a ``healthy`` system must hold, so that what breaks then is doubted where the host took much.
    """
    for tried in range(1, TRIES + 1):
        outcome = _once(feature, title, runs / f"try-{tried}", *options, where=where)
        if not blurred(outcome.judgement, meant, doubted=healthy and outcome.starved):
            return outcome
        reason = outcome.judgement.headline.reason
        warnings.warn(f"run {tried} of at most {TRIES} of “{title}” proved nothing: {reason}", stacklevel=2)
    if outcome.starved:
        pytest.skip(f"this machine's host took much of its processor, in {TRIES} runs; the last: {reason}")
    return outcome


def _once(feature: Path, title: str, runs: Path, *options: str, where: Sequence[str]) -> Outcome:
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
