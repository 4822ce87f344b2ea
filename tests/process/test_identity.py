import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from squall.process.identity import claim_folder, owner_alive, start_time


def test_the_process_that_holds_a_folder_is_alive(tmp_path: Path) -> None:
    assert not owner_alive(tmp_path)
    claim_folder(tmp_path)
    assert owner_alive(tmp_path)


def test_a_process_that_ended_is_not(tmp_path: Path) -> None:
    imports = "import sys; from pathlib import Path; from squall.process.identity import claim_folder"
    code = f"{imports}; claim_folder(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert not owner_alive(tmp_path)


def test_a_reused_pid_is_not_taken_for_the_holder(tmp_path: Path) -> None:
    (tmp_path / "harness.json").write_text(json.dumps({"pid": os.getpid(), "started": "another boot/1"}))
    assert not owner_alive(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"pid": "x", "started": "1"}', '{"pid": null, "started": 1}']
)
def test_what_names_no_process_holds_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "harness.json").write_text(content)
    assert not owner_alive(tmp_path)


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert start_time(child.pid) is None
