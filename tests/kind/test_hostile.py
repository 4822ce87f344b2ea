"""What others do to a run in the middle: its namespace is deleted, its harness is stopped and wakes up too late."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.agent.expiry.run_alive import SILENT
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.labels import RUN, label
from squall.record.folder import RunFolder
from squall.safety.undo_log import UndoLog
from squall.verdict import Cause, Verdict
from tests.kind.account import kubectl
from tests.kind.doomed import bitten, killed
from tests.kind.expiring import granted, with_expiry
from tests.kind.gate import CONTEXT, ROOT
from tests.kind.harmed import NAMESPACE
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    """Its namespace may be deleted, and its roles with it: they are granted for each."""
    with granted(with_expiry()):
        yield


# A guard ends a harness that was silent for 15 s, and then has it all to undo.
GUARDED_WITHIN = 60.0


@contextmanager
def running(harm: str, runs: Path) -> Iterator[tuple["subprocess.Popen[bytes]", RunFolder]]:
    """Start a run, and wait until its harm has its effect."""
    command = [sys.executable, "-m", "tests.kind.doomed", harm, str(runs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as harness:
        try:
            yield harness, bitten(runs, harness)
        finally:
            harness.kill()


def standing(folder: RunFolder) -> int:
    return len(UndoLog(folder.undo).open_entries())


def pods_of(folder: RunFolder) -> str:
    return kubectl("get", "pods", "-n", "squall", "-l", f"{RUN}={label(folder.path.name)}", "-o", "name").strip()


def test_a_namespace_that_is_deleted_under_a_run_makes_it_prove_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    with running("scale", tmp_path) as (harness, folder):
        kubectl("delete", "namespace", NAMESPACE, "--wait=true", "--timeout=100s")
        harness.wait(150)
    judgement = folder.judgement()
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert {finding.cause for finding in judgement.findings} <= {Cause.CHANGED_BY_OTHERS, Cause.ENDED_EARLY}, judgement
    assert standing(folder) == 0
    assert pods_of(folder) == ""


def test_a_harness_that_was_stopped_cannot_go_on_after_its_guard_undid(tmp_path: Path) -> None:
    with running("scale", tmp_path) as (harness, folder), closing(Kind(with_expiry(), CONTEXT)) as kind:
        assert kind.wanted("back") == 0
        harness.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        until(lambda: kind.wanted("back") == 1, GUARDED_WITHIN)
        assert time.monotonic() - stopped > 10, "a harness is given its time"
        until(lambda: standing(folder) == 0, GUARDED_WITHIN)
        lines = len(folder.timeline())
        # There is nobody any more who could be woken.
        assert harness.wait(5) == -signal.SIGKILL
    assert kind_wanted() == 1
    assert len(folder.timeline()) == lines
    assert pods_of(folder) == ""


def test_what_a_run_held_comes_back_by_itself_when_harness_and_guard_are_dead(tmp_path: Path) -> None:
    folder = killed("scale", tmp_path, guard=True)
    assert kind_wanted() == 0
    until(lambda: kind_wanted() == 1, SILENT + 30)
    assert standing(folder) > 0
    proofs = [outcome for _, outcome in UndoLog(folder.undo).replay()]
    assert all(isinstance(proof, str) for proof in proofs), proofs
    assert pods_of(folder) == ""


def kind_wanted() -> int:
    with closing(Kind(with_expiry(), CONTEXT)) as kind:
        return kind.wanted("back")
