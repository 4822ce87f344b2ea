"""Memory that runs out, by the real kernel: in control groups of our own, with an agent that is a real process."""

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from squall.agent.harms.out_of_memory import Prey, watched
from squall.agent.linux.cgroups import Group
from squall.agent.linux.oom_scores import Score, restore, write
from squall.agent.scope.pidfds import PinnedProcess
from squall.agent.scope.processes import Process
from tests.agent import control_groups
from tests.agent.running import PROC, Running, eventually

pytestmark = pytest.mark.skipif(bool(control_groups.missing()), reason=control_groups.missing())

MIB = 1 << 20
# Says that it is ready, and then holds memory; a line on stdin starts a child of its own.
HOLDS = "import subprocess, sys, time; x = bytearray(8 << 20); print(1); sys.stdin.readline(); time.sleep(60)"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.close()


def score(pid: int) -> int:
    return int((PROC / str(pid) / "oom_score_adj").read_text())


def members(folders: dict[str, Path]) -> list[int]:
    return [int(pid) for pid in (folders["memory"] / "cgroup.procs").read_text().split()]


def group_name(what: str) -> str:
    return f"squall-test-{os.getpid()}-{what}"


def test_the_kernel_ends_the_target_and_not_what_fills(agent: Running) -> None:
    with control_groups.group(group_name("oom"), memory_max=str(48 * MIB)) as folders:
        child, target = agent.child(HOLDS)
        other, _ = agent.child(HOLDS)
        control_groups.join(folders, child.pid)
        control_groups.join(folders, other.pid)
        served = agent.serve()
        # As in a pod that asks for little: what fills has it from the agent, and must not keep it.
        (PROC / str(served.pid) / "oom_score_adj").write_text("900")
        answer = agent.ask("OutOfMemory", targets=[target])
        (told,) = answer["targets"]
        assert told["proven"], told
        assert "(oom_kill)" in told["how"]
        assert told["sent"] < told["seen"]
        assert child.wait(5) == -signal.SIGKILL
        assert other.poll() is None
        assert members(folders) == [other.pid]
    assert "closed" in agent.journal.read_text()


def test_without_a_limit_it_is_refused_and_nothing_is_touched(agent: Running) -> None:
    with control_groups.group(group_name("endless")) as folders:
        child, target = agent.child(HOLDS)
        control_groups.join(folders, child.pid)
        agent.serve()
        assert "has no memory limit" in agent.ask("OutOfMemory", targets=[target])["refused"]
        assert (child.poll(), score(child.pid)) == (None, 0)


def test_more_than_the_node_can_bear_is_refused(agent: Running) -> None:
    with control_groups.group(group_name("large"), memory_max=str(1 << 45)) as folders:
        child, target = agent.child(HOLDS)
        control_groups.join(folders, child.pid)
        agent.serve()
        assert "to spare for all" in agent.ask("OutOfMemory", targets=[target])["refused"]
        assert child.poll() is None


def test_a_target_without_a_group_of_its_own_is_refused(agent: Running) -> None:
    child, target = agent.child(HOLDS)
    (control_groups.MOUNT / "memory" / "cgroup.procs").write_text(str(child.pid))
    agent.serve()
    assert "no control group of its own" in agent.ask("OutOfMemory", targets=[target])["refused"]
    assert child.poll() is None


def test_a_target_that_someone_else_ended_meanwhile_proves_nothing(agent: Running) -> None:
    with control_groups.group(group_name("other"), memory_max=str(3072 * MIB)) as folders:
        child, target = agent.child(HOLDS)
        control_groups.join(folders, child.pid)
        agent.serve()
        agent.post("OutOfMemory", targets=[target])
        eventually(lambda: len(members(folders)) == 2)
        child.kill()
        (told,) = agent.answer()["targets"]
        assert not told["proven"]
        assert "the kernel counts none" in told["how"]


class Vanishing(Prey):
    """Counted once; then its main process ends, and its group is taken away."""

    def killed(self) -> int:
        if select.select([self.pinned.pidfd], [], [], 0)[0]:
            raise OSError("the group is gone")
        self.pinned.send(signal.SIGKILL)
        return 1


def test_a_group_that_goes_with_its_target_was_counted_before(agent: Running) -> None:
    child, target = agent.child(HOLDS)
    pidfd = os.pidfd_open(child.pid)
    try:
        process = Process(child.pid, int(target["started"]))
        prey = Vanishing(PinnedProcess(process, pidfd), Group(Path("/nowhere"), Path("/nowhere"), unified=True), 0, ())
        (end,) = watched([prey], [0], [])
    finally:
        os.close(pidfd)
    assert end.gone is not None
    assert end.killed == 1


def test_what_a_dead_agent_wrote_is_put_back_and_what_fills_dies_with_it(agent: Running) -> None:
    # So much that it takes a while to fill: the agent is killed meanwhile.
    with control_groups.group(group_name("dead"), memory_max=str(3072 * MIB)) as folders:
        child, target = agent.child(HOLDS)
        control_groups.join(folders, child.pid)
        served = agent.serve()
        agent.post("OutOfMemory", targets=[target])
        eventually(lambda: len(members(folders)) == 2)
        served.kill()
        served.wait()
        eventually(lambda: members(folders) == [child.pid])
        assert (child.poll(), score(child.pid)) == (None, 1000)
        agent.serve()
        assert "the agent ended while it did this" in agent.ask("OutOfMemory", targets=[target], seq=1)["refused"]
        assert (child.poll(), score(child.pid)) == (None, 0)


def test_scores_are_put_back_only_where_they_are_ours(agent: Running) -> None:
    child, target = agent.child(HOLDS)
    ours = Score.of({**target, "was": 0, "wanted": 1000})
    write(PROC, [ours])
    assert score(child.pid) == 1000
    (PROC / str(child.pid) / "oom_score_adj").write_text("500")
    assert restore(PROC, [ours]) == f"process {child.pid}: oom_score_adj 500"
    another = Score.of({"pid": child.pid, "started": target["started"] + 1, "was": 0, "wanted": 500})
    assert restore(PROC, [another]) == "all its processes are gone"
    assert score(child.pid) == 500
