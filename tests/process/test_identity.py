import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from squall.process.identity import Owner, claim_folder, owner, release_folder, start_time


def test_the_process_that_holds_a_folder_is_alive(tmp_path: Path) -> None:
    assert owner(tmp_path) is Owner.NOBODY
    claim_folder(tmp_path)
    assert owner(tmp_path) is Owner.ALIVE


def test_a_process_that_ended_is_not(tmp_path: Path) -> None:
    imports = "import sys; from pathlib import Path; from squall.process.identity import claim_folder"
    code = f"{imports}; claim_folder(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert owner(tmp_path) is Owner.NOBODY


def test_a_reused_pid_is_not_taken_for_the_holder(tmp_path: Path) -> None:
    (tmp_path / "harness.json").write_text(json.dumps({"pid": os.getpid(), "started": "another boot/1"}))
    assert owner(tmp_path) is Owner.NOBODY


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"pid": "x", "started": "1"}', '{"pid": null, "started": 1}']
)
def test_what_names_no_process_holds_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "harness.json").write_text(content)
    assert owner(tmp_path) is Owner.NOBODY


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert start_time(child.pid) is None


HOLDER = """
import sys
from pathlib import Path
from squall.process.identity import claim_folder
claim_folder(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Hold the folder in another process."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def rewritten(folder: Path, **fields: object) -> None:
    """Have the note say something else, in the same file, whose lock stays."""
    path = folder / "harness.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_who_holds_the_lock_lives_whatever_his_number_means_here(
    holder: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    """From the host a pid of a container is another process, or none."""
    rewritten(tmp_path, pid=2**22, namespace="pid:[1]", machine="another")
    assert owner(tmp_path) is Owner.ALIVE
    holder.kill()
    holder.wait()
    assert owner(tmp_path) is Owner.ELSEWHERE


def test_a_lock_ends_with_its_holder(holder: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    assert owner(tmp_path) is Owner.ALIVE
    holder.kill()
    holder.wait()
    assert owner(tmp_path) is Owner.NOBODY


@pytest.mark.parametrize("fields", [{"machine": "another"}, {"namespace": "pid:[1]"}], ids=str)
def test_whether_a_harness_elsewhere_lives_is_not_known_here(tmp_path: Path, fields: Mapping[str, str]) -> None:
    claim_folder(tmp_path)
    copied = (tmp_path / "harness.json").read_text()
    release_folder(tmp_path)
    (tmp_path / "harness.json").write_text(copied)
    rewritten(tmp_path, **fields)
    assert owner(tmp_path) is Owner.ELSEWHERE


def test_a_folder_that_was_released_is_held_by_nobody(tmp_path: Path) -> None:
    claim_folder(tmp_path)
    release_folder(tmp_path)
    assert owner(tmp_path) is Owner.NOBODY


def test_a_note_of_a_squall_of_before_is_read(tmp_path: Path) -> None:
    """It said neither machine nor namespace, and held no lock."""
    note = {"pid": os.getpid(), "started": start_time(os.getpid())}
    (tmp_path / "harness.json").write_text(json.dumps(note))
    assert owner(tmp_path) is Owner.ALIVE
