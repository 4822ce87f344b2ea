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

from squall.record import Judgement, RunFolder
from squall.report import trust
from squall.undo import UndoLog
from squall.verdict import Cause, Verdict

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"
CONTEXT = "kind-squall"
KIND = ("--platform", "kind", "--context", CONTEXT)
LONGEST = 280
TRIES = 3

OF_THE_MACHINE = frozenset({Cause.NOT_STEADY, Cause.TOO_CLOSE, Cause.LOAD_SHORT, Cause.PROBER_LATE, Cause.CLOCK_JUMP})
"""What a machine whose host takes its processor away makes of a run that is right in all else."""

MUCH_STOLEN = 5.0
"""Per cent of this machine's processor time, taken by its host in a run, from which a broken limit proves nothing.

With 13 a 95th percentile of latency was 202 to 350 ms that is under 100 on a machine of its own.
"""


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
    def stolen(self) -> float:
        """Per cent of this machine's processor time that its host took during the run."""
        share = trust.stolen(self.folder.load())
        return share.share if share else 0.0


def blurred(judgement: Judgement, meant: Cause | None, stolen: float = 0) -> bool:
    """Return whether the machine kept a run from what it shall prove: HELD, BROKEN, or INCONCLUSIVE as ``meant``.

    BROKEN is doubted from so many per cent ``stolen`` of the processor's time on.
    """
    if judgement.verdict is Verdict.BROKEN:
        return stolen >= MUCH_STOLEN
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

    The test is skipped, with the reason, if a host that took much of the processor blurred the last of them too.
    More ``options`` go to the command; ``meant`` is the cause for which the scenario shall prove nothing; a ``healthy``
    system must hold, so that what breaks then is doubted where the host took much.
    """
    for tried in range(1, TRIES + 1):
        outcome = _once(feature, title, runs / f"try-{tried}", *options, where=where)
        stolen = outcome.stolen
        if not blurred(outcome.judgement, meant, stolen if healthy else 0):
            return outcome
        reason = f"{outcome.judgement.headline.reason}; its host took {stolen:.0f} % of this machine's processor"
        warnings.warn(f"run {tried} of at most {TRIES} of “{title}” proved nothing: {reason}", stacklevel=2)
    if stolen >= MUCH_STOLEN:
        pytest.skip(f"no run of {TRIES} could be judged: {reason}")
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
