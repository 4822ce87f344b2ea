"""A command on a leash: its end, and what ends it."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.process.child import Child
from squall.process.identity import start_time
from squall.process.message import What

pytestmark = pytest.mark.slow


def leashed(log: Path, *command: str, hear: Callable[[str, What], None] = lambda kind, what: None) -> Child:
    return Child("the tool", [sys.executable, "-m", "squall.process.bound_command", str(log), *command], hear, {})


def until(true: Callable[[], object], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_what_it_prints_goes_to_the_file_and_its_exit_code_is_told(tmp_path: Path) -> None:
    said: list[tuple[str, What]] = []
    log = tmp_path / "log"
    tool = leashed(log, "sh", "-c", "echo secret; exit 3", hear=lambda kind, what: said.append((kind, what)))
    assert tool.expect("ended", 20.0) == {"code": 3, "last": ["secret"]}
    tool.stop(5.0)
    assert [kind for kind, _ in said] == ["started", "ended"]
    assert log.read_text() == "secret\n"
    assert "secret" not in str(tool.failure())


@pytest.mark.parametrize("how", ["its harness is gone", "it is told to end"])
def test_it_ends_with_all_that_it_started(tmp_path: Path, how: str) -> None:
    tool = leashed(tmp_path / "log", "sh", "-c", f"echo $$ > {tmp_path}/one; sleep 60 & echo $! > {tmp_path}/two; wait")
    until(lambda: (tmp_path / "two").exists() and (tmp_path / "two").read_text().strip())
    pids = [int((tmp_path / name).read_text()) for name in ("one", "two")]
    assert all(start_time(pid) for pid in pids)
    if how == "its harness is gone":
        tool._stdin.close()
    else:
        tool._process.send_signal(signal.SIGTERM)
    until(lambda: not any(start_time(pid) for pid in pids) and not tool.alive)
    tool.stop(5.0)


def test_no_secret_that_it_prints_is_kept(tmp_path: Path) -> None:
    script = """echo "password=hunter2 at https://me:hunter2@host/"; echo kept
echo -----BEGIN RSA PRIVATE KEY-----; echo hunter2; echo -----END RSA PRIVATE KEY-----
echo after; printf "token: hunter2" """
    tool = leashed(tmp_path / "log", "sh", "-c", script)
    last = tool.expect("ended", 20.0)["last"]
    assert last == ["password=*** at https://***@host/", "kept", "***", "after", "token: ***"]
    tool.stop(5.0)
    said = (tmp_path / "log").read_text()
    assert said == "password=*** at https://***@host/\nkept\n***\nafter\ntoken: ***"
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_its_last_lines_are_told_and_no_more(tmp_path: Path) -> None:
    tool = leashed(tmp_path / "log", "sh", "-c", "seq 1 40; echo; printf '%0999d' 0; exit 1")
    told = tool.expect("ended", 20.0)
    tool.stop(5.0)
    assert told == {"code": 1, "last": ["37", "38", "39", "40", "0" * 200]}
    assert len((tmp_path / "log").read_text()) > 1000


def test_what_it_left_running_is_not_waited_for(tmp_path: Path) -> None:
    tool = leashed(tmp_path / "log", "sh", "-c", "echo said; setsid sleep 30 & exit 0")
    assert tool.expect("ended", 20.0) == {"code": 0, "last": ["said"]}
    tool.stop(5.0)
    assert (tmp_path / "log").read_text() == "said\n"


def test_a_command_that_is_not_there_is_refused(tmp_path: Path) -> None:
    tool = leashed(tmp_path / "log", str(tmp_path / "nothing"))
    with pytest.raises(Misuse, match="nothing: No such file"):
        tool.expect("started", 20.0)
    tool.stop(5.0)
