"""The guard as a real process, over a harness that is one too; what it undoes is the lease of a folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.process.identity import Owner, owner, start_time
from squall.record.event import UndoReplayed
from squall.record.folder import RunFolder
from squall.run import guard
from squall.safety.undo_log import UndoLog

ROOT = Path(__file__).parents[2]
# A harness that writes its undo down, does its harm and waits.
HARNESS = """
import sys, time
from pathlib import Path
from squall.run.guard import guarded
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.file_lease import lease_undo
from squall.process.identity import claim_folder
from squall.safety.undo_log import UndoLog
folder = Path(sys.argv[1])
claim_folder(folder)
with guarded(folder):
    number = UndoLog(folder / "undo.jsonl").open(lease_undo(InstanceFolder(folder), "r"))
    (folder / "lock").write_text('{"run": "r"}')
    print("harmed", flush=True)
    if sys.argv[2] == "ends":
        UndoLog(folder / "undo.jsonl").close(number, "by itself")
    elif sys.argv[2] == "waits":
        time.sleep(60)
time.sleep(60 if sys.argv[2] == "leaves it" else 0)
"""


@dataclass
class Harness:
    folder: Path
    process: subprocess.Popen[bytes]

    def guards(self) -> list[int]:
        found = []
        for words in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                said = words.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"squall.run.guard" in said and str(self.folder).encode() in said:
                found.append(int(words.parent.name))
        return found


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    folder = tmp_path / "run"
    folder.mkdir()
    return begun(folder, "waits")


def begun(folder: Path, how: str) -> Harness:
    command = [sys.executable, "-c", HARNESS, str(folder), how]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"harmed\n"
    return Harness(folder, process)


def eventually(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_undoes_when_the_harness_dies(harness: Harness) -> None:
    harness.process.kill()
    harness.process.wait()
    eventually(lambda: not harness.guards())
    assert (harness.folder / "lock").read_text() == ""
    assert not UndoLog(harness.folder / "undo.jsonl").open_entries()
    (event,) = RunFolder(harness.folder).timeline()
    assert isinstance(event, UndoReplayed)
    assert event.state == "undone"
    assert (event.by or "").startswith("guard: the harness ")


def test_it_leaves_a_harness_alone_that_ends_in_order(tmp_path: Path) -> None:
    harness = begun(tmp_path, "ends")
    assert harness.process.wait(20) == 0
    assert not harness.guards()
    assert (tmp_path / "lock").read_text()


def test_what_the_harness_could_not_undo_its_guard_undoes(tmp_path: Path) -> None:
    """The harness itself goes on, with other scenarios; its guard stays until nothing stands any more."""
    harness = begun(tmp_path, "leaves it")
    eventually(lambda: not harness.guards())
    assert harness.process.poll() is None
    assert owner(tmp_path) is Owner.NOBODY
    harness.process.kill()
    harness.process.wait()
    assert (tmp_path / "lock").read_text() == ""
    (event,) = RunFolder(tmp_path).timeline()
    assert isinstance(event, UndoReplayed)
    assert (event.state, event.by) == ("undone", "guard: the harness could not undo it")


def test_a_harness_that_stands_still_is_ended_before_it_is_undone(tmp_path: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    began = start_time(sleeper.pid)
    os.kill(sleeper.pid, signal.SIGSTOP)
    read, write = os.pipe()
    words = [
        sys.executable,
        "-c",
        f"from squall.run.guard import _watched; print(_watched({sleeper.pid}, '{began}', 0.3))",
    ]
    done = subprocess.run(words, stdin=read, capture_output=True, text=True, cwd=ROOT, timeout=20, check=True)
    os.close(write)
    assert done.stdout.strip() == "guard: the harness said nothing for 0.3 s and was ended"
    assert sleeper.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize(("slept", "ended"), [(14.0, False), (16.0, True), (40_000.0, True)])
def test_a_harness_that_slept_with_its_machine_is_ended_though_it_speaks_again(slept: float, ended: bool) -> None:
    """CLOCK_MONOTONIC stands still meanwhile, so only the difference to CLOCK_BOOTTIME tells; the pipe is full."""
    sleeper = subprocess.Popen(["sleep", "60"])
    read, write = os.pipe()
    os.write(write, b"{}\n")
    code = f"""
import os
from squall.clock import Heartbeat
from squall.run.guard import _watched
looks = []
def clocks():
    looks.append(0.0 if not looks else {slept})
    if len(looks) == 3:
        os.kill({sleeper.pid}, 9)
    return Heartbeat(100.0, 100.0 + looks[-1], 0.0)
print(_watched({sleeper.pid}, '{start_time(sleeper.pid)}', 15.0, clocks))
"""
    guard = subprocess.Popen([sys.executable, "-c", code], stdin=read, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    said, _ = guard.communicate(timeout=60)
    expected = (
        f"the machine was suspended for {slept:.0f} s, and the harness was ended" if ended else "the harness died"
    )
    assert said.strip() == f"guard: {expected}"
    assert sleeper.wait(5) == -signal.SIGKILL
    os.close(write)


def test_a_stranger_with_the_harness_number_is_not_touched() -> None:
    assert guard._watched(os.getpid(), "another boot/1", 0.01) == "guard: the harness was gone"


def test_when_the_guard_dies_the_harness_goes_on(harness: Harness) -> None:
    (pid,) = harness.guards()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not harness.guards())
    assert harness.process.poll() is None
    harness.process.kill()
    harness.process.wait()
    assert list(UndoLog(harness.folder / "undo.jsonl").open_entries()) == [1]
