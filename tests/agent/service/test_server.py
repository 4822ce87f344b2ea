"""A living agent that runs out of disk or of file descriptors, as a real process, with real frozen children."""

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, socket
from subprocess import Popen

import pytest

from squall.agent.scope.processes import state
from squall.agent.service.journal import Journal
from tests.agent.running import PROC, Running, eventually

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
TARGET = "import sys; print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.close()


def frozen(running: Running, lasts: float) -> list[Popen[bytes]]:
    """Freeze three children, each by an order of its own."""
    children = []
    for _ in range(3):
        child, target = running.child(TARGET)
        (told,) = running.ask("Freeze", targets=[target], lasts=lasts)["targets"]
        assert told["proven"]
        children.append(child)
    return children


def states(children: list[Popen[bytes]]) -> list[str]:
    return [state(PROC, child.pid) for child in children]


def filled(agent: Popen[bytes], running: Running) -> tuple[int, int]:
    """Let the agent's files grow no more, as on a full disk; return the limit of before."""
    size = running.journal.stat().st_size
    _, most = before = resource.prlimit(agent.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, (size, most))
    return before


def test_a_full_disk_keeps_no_freeze_from_its_end(running: Running) -> None:
    agent = running.serve()
    children = frozen(running, 1.0)
    before = filled(agent, running)
    eventually(lambda: states(children) == ["S", "S", "S"])
    assert agent.poll() is None
    assert os.strerror(errno.EFBIG) in running.ask("Freeze", targets=[], lasts=5)["refused"]
    resource.prlimit(agent.pid, resource.RLIMIT_FSIZE, before)
    eventually(lambda: b'"state":"open"' in running.journal.read_bytes() and _closed(running) == 3)
    assert running.ask("bye")["released"] == []
    assert agent.wait(5) == 0


def test_a_full_disk_keeps_no_freeze_from_being_released(running: Running) -> None:
    agent = running.serve()
    children = frozen(running, 60.0)
    filled(agent, running)
    agent.terminate()
    _, said = agent.communicate(timeout=10)
    assert (agent.returncode, states(children), said.decode().count("runs again")) == (0, ["S", "S", "S"], 3)


def test_an_agent_without_file_descriptors_ends_its_freezes_in_time(running: Running) -> None:
    agent = running.serve()
    children = frozen(running, 1.0)
    _, most = before = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    # Not /proc either can then be read.
    resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, (0, most))
    with socket(AF_UNIX) as caller:
        caller.connect(str(running.folder / "s"))
        eventually(lambda: states(children) == ["S", "S", "S"])
        assert agent.poll() is None
        resource.prlimit(agent.pid, resource.RLIMIT_NOFILE, before)
    eventually(lambda: _closed(running) == 3)
    assert "0 of 1 processes were still stopped" in running.ask("end", of=1)["released"]


def test_one_that_cannot_have_its_journal_says_so_in_a_line(running: Running) -> None:
    other = Journal(running.journal)
    agent = running.serve()
    _, said = agent.communicate(timeout=10)
    other.end(remove=True)
    assert (agent.returncode, said.decode()) == (
        1,
        f"squall-agent: opening the journal of r: Busy: {running.journal}\n",
    )


def _closed(running: Running) -> int:
    return running.journal.read_bytes().count(b'"state":"closed"')
