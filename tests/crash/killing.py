"""Strikes a run at one of its points, has whoever is left undo it, and says what is wrong all the same."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from squall.faults.fault import Lasting, parts
from squall.record.folder import RunFolder
from squall.safety.undo_log import UndoLog
from squall.verdict import Cause
from tests.crash.blows import Blow, let_go
from tests.crash.cases import LASTS, ROOT, STANDS, Case, cases
from tests.crash.cluster_audit import ClusterAudit
from tests.crash.local_audit import LocalAudit
from tests.crash.points import Point
from tests.crash.starting import LONGEST, victim

_AUDITS: Mapping[str, Callable[[Case], LocalAudit | ClusterAudit]] = {"local": LocalAudit, "kind": ClusterAudit}
# A part of a run that goes on must be struck before its harm is over by itself.
LONG_ENOUGH = 4.0


# After these a run may end without a verdict; that all is undone is asked of it all the same.
MAY_CUT_SHORT = {Blow.DISK, Blow.SIGNALS}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a struck run came to: how many undo entries stood, its exit code, its verdict, what is wrong all the same.

    The exit code is the run's own if it went on to its end, else that of ``squall undo``. A run that went another way
    (not steady on a busy machine), or had nobody to be struck, may never have come to the step: ``reached`` is false.
    """

    case: str
    blow: Blow
    point: Point
    reached: bool
    stood: int
    code: int
    verdict: str = ""
    wrong: Sequence[str] = field(default_factory=list)


def struck(case: str, point: Point, blow: Blow = Blow.BOTH) -> Outcome:
    """Strike a run there, have all of it undone, and look at what is left."""
    with tempfile.TemporaryDirectory(prefix="squall-crash-") as folder:
        runs, chosen = Path(folder), cases()[case]
        audit = _AUDITS[chosen.platform](chosen)
        audit.before()
        try:
            done = victim(case, runs, point.number, blow, _length(point, blow))
        except subprocess.TimeoutExpired as error:
            return Outcome(case, blow, point, True, 0, -1, "it hangs", [f"no end after {LONGEST} s: {_where(error)}"])
        if not (run := _run(runs)):
            return Outcome(case, blow, point, False, 0, done.returncode, f"it did not start: {done.stderr[-200:]}")
        log = UndoLog(run / "undo.jsonl")
        code, verdict = 0, ""
        # Where one strikes that may strike anywhere, a run that took another step before is as good a one.
        there = _said(runs, "step") == point.name or (blow in MAY_CUT_SHORT and _said(runs, "step") != "")
        stood, reached = len(log.open_entries()), there and _said(runs, "hits") != "0"
        try:
            if blow.ends_it:
                wrong = [] if done.returncode == -signal.SIGKILL else [f"it was not killed there: {_told(done)}"]
                wrong += audit.outlived(log, runs)
            else:
                code, verdict, wrong = _ended(chosen, blow, point, done, RunFolder(run), log)
                audit.goes_on()
            command = [sys.executable, "-m", "squall", "undo", "--runs", str(runs)]
            undone = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST, check=False)
        finally:
            let_go(runs)
        wrong += [f"{entry.about} stands" for entry in log.open_entries().values() if undone.returncode != 3]
        wrong += audit.left(runs, run.name)
        if blow in MAY_CUT_SHORT and undone.returncode not in {0, 3}:
            wrong.append(f"squall undo ended with {undone.returncode}: {undone.stderr}")
        code = undone.returncode if blow.ends_it or blow in MAY_CUT_SHORT else code
        return Outcome(case, blow, point, reached, stood, code, verdict, wrong if reached else [])


def _length(point: Point, blow: Blow) -> float:
    """Return how long the harm lasts: longer than anybody waits if nobody comes to wait for its end."""
    if not blow.ends_it:
        return LONG_ENOUGH
    return STANDS if point.stands else LASTS


def _ended(
    case: Case, blow: Blow, point: Point, done: "subprocess.CompletedProcess[str]", run: RunFolder, log: UndoLog
) -> tuple[int, str, list[str]]:
    """Return the exit code and the verdict of a run that went on, and what is wrong with them."""
    if blow in MAY_CUT_SHORT and (done.returncode != 0 or not run.judged):
        return done.returncode, _how(done, run), []
    if done.returncode != 0 or not run.judged:
        return done.returncode, "", [f"the run failed: {_told(done)}"]
    judgement = run.judgement()
    verdict = f"{judgement.verdict.name} ({judgement.findings[0].cause or 'as it was'})"
    said = " ".join(judgement.not_undone)
    wrong = [f"{entry.about} stands, and the run does not say so" for entry in log.open_entries().values()
             if entry.about not in said]  # fmt: skip
    if judgement.not_undone and not log.open_entries():
        wrong.append(f"the run says that something is left, and nothing stands: {said}")
    if blow is Blow.AGENT and _cut_short(case, point) and judgement.findings[0].cause is not Cause.ENDED_EARLY:
        wrong.append(f"the harm ended early, and the run says {verdict}: {judgement.findings[0].reason}")
    return 3 if judgement.not_undone else 0, verdict, wrong


def _where(error: subprocess.TimeoutExpired) -> str:
    """Return where its threads stood shortly before it was killed."""
    said = error.stderr or b""
    return (said if isinstance(said, str) else said.decode(errors="replace"))[-4000:]


def _how(done: "subprocess.CompletedProcess[str]", run: RunFolder) -> str:
    if run.judged:
        return f"{run.judgement().verdict.name} ({run.judgement().findings[0].cause or 'as it was'})"
    return f"no verdict: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"[:120]


def _cut_short(case: Case, point: Point) -> bool:
    """Whether at that point the one harm stood that is held by those who are struck."""
    (part, *others) = parts(case.harm(LONG_ENOUGH))
    return point.bitten and point.stands and not others and isinstance(part.fault, Lasting) and part.fault.lasts > 0


def _run(runs: Path) -> Path | None:
    return next((each for each in runs.iterdir() if each.is_dir()), None)


def _told(done: "subprocess.CompletedProcess[str]") -> str:
    return f"exit code {done.returncode}: {done.stderr}"


def _said(runs: Path, name: str) -> str:
    return (runs / name).read_text() if (runs / name).exists() else ""
