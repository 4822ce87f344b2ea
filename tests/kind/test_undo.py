"""The harness is killed in the middle of a run on the real cluster, and ``squall undo`` takes back what it left."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from squall.platforms.kubernetes.api.labels import RUN, label
from squall.record.event import Beat, PhaseBegan
from squall.record.folder import RunFolder
from squall.safety.undo_log import UndoLog
from tests.kind.gate import CONTEXT, ROOT

pytestmark = [pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(180)]

CRASH = ROOT / "features" / "quantum_rerank" / "crash.feature"


@retry(retry=retry_if_result(lambda reached: not reached), stop=stop_after_delay(90), wait=wait_fixed(0.1))
def reached(runs: Path, phase: str) -> RunFolder | None:
    for folder in map(RunFolder, runs.glob("*/")):
        if any(isinstance(event, PhaseBegan) and event.name == phase for event in folder.timeline()):
            return folder
    return None


@retry(retry=retry_if_result(bool), stop=stop_after_delay(20), wait=wait_fixed(0.2))
def processes_of(runs: Path) -> list[str]:
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(runs).encode() in environment.read_bytes():
                found.append(environment.parent.name)
        except (OSError, PermissionError):
            continue
    return found


def agents(folder: RunFolder) -> list[str]:
    run = f"{RUN}={label(folder.path.name)}"
    command = ["kubectl", "--context", CONTEXT, "get", "pods", "-n", "squall", "-l", run, "-o", "json"]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)
    return [pod["metadata"]["name"] for pod in listed["items"]]


def undo(runs: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "squall", "undo", "--runs", str(runs)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)


def guard_of(runs: Path) -> int:
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        said = words.read_bytes().split(b"\0")
        if b"squall.run.guard" in said and any(str(runs).encode() in word for word in said):
            return int(words.parent.name)
    raise AssertionError("the run has no guard")


@retry(retry=retry_if_result(bool), stop=stop_after_delay(60), wait=wait_fixed(0.5))
def standing(folder: RunFolder) -> int:
    return len(UndoLog(folder.undo).open_entries())


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "guard killed too"])
def test_a_killed_harness_leaves_nothing_that_is_not_taken_back(tmp_path: Path, *, guarded: bool) -> None:
    command = [sys.executable, "-m", "squall", "run", str(CRASH), "--runs", str(tmp_path)]
    command += ["--platform", "kind", "--context", CONTEXT]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as harness:
        folder = reached(tmp_path, "observe")
        assert folder is not None
        assert undo(tmp_path).stdout.count("its harness is alive") == 1
        if not guarded:
            os.kill(guard_of(tmp_path), signal.SIGKILL)
        harness.send_signal(signal.SIGKILL)
    if guarded:
        assert standing(folder) == 0
    else:
        assert UndoLog(folder.undo).open_entries()
        assert agents(folder)
    assert processes_of(tmp_path) == []
    record = folder.load()
    beats = [event.t for event in record.events(Beat)]
    assert max(sample.intended for sample in record.requests) > beats[-1] - 3
    done = undo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert agents(folder) == []
    assert "nothing to undo" in undo(tmp_path).stdout
