"""CPU that is short, by the real kernel: in control groups of our own, with an agent that is a real process."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent import control_groups
from tests.agent.running import Running, eventually

pytestmark = pytest.mark.skipif(bool(control_groups.missing()), reason=control_groups.missing())

BUSY = "print(1)\nwhile True: pass"
IDLE = "import time; print(1); time.sleep(60)"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.close()


@pytest.fixture
def folders() -> Iterator[dict[str, Path]]:
    with control_groups.group(f"squall-test-{os.getpid()}-cpu") as made:
        yield made


def quota(folders: dict[str, Path]) -> str:
    one = folders["cpu"] / "cpu.cfs_quota_us"
    return one.read_text().strip() if one.exists() else (folders["cpu"] / "cpu.max").read_text().split()[0]


def set_quota(folders: dict[str, Path], value: int) -> None:
    one = folders["cpu"] / "cpu.cfs_quota_us"
    (one if one.exists() else folders["cpu"] / "cpu.max").write_text(str(value))


UNLIMITED = {"-1", "max"}


def test_without_a_limit_it_is_kept_waiting_and_has_none_again(agent: Running, folders: dict[str, Path]) -> None:
    child, target = agent.child(BUSY)
    control_groups.join(folders, child.pid)
    agent.serve()
    began = time.monotonic()
    (told,) = agent.ask("LittleCpu", targets=[target], lasts=0.5, share=0.05)["targets"]
    assert told["proven"], told
    assert began <= told["sent"] < told["seen"] <= time.monotonic()
    eventually(lambda: quota(folders) in UNLIMITED)
    (ended,) = agent.ask("end", of=1)["targets"]
    assert ended["ending"] == "as stated"
    assert told["sent"] + 0.5 <= ended["seen"] <= time.monotonic()
    assert "in all" in ended["how"]


def test_a_limit_is_lowered_and_put_back(agent: Running, folders: dict[str, Path]) -> None:
    set_quota(folders, 40_000)
    child, target = agent.child(BUSY)
    control_groups.join(folders, child.pid)
    agent.serve()
    assert agent.ask("LittleCpu", targets=[target], lasts=60, share=0.1)["targets"][0]["proven"]
    assert quota(folders) == "10000"
    assert agent.ask("end", of=1)["targets"][0]["ending"] == "as stated"
    assert quota(folders) == "40000"


def test_who_has_no_more_already_is_refused(agent: Running, folders: dict[str, Path]) -> None:
    set_quota(folders, 5_000)
    child, target = agent.child(BUSY)
    control_groups.join(folders, child.pid)
    agent.serve()
    assert "has 0.05 of a CPU already" in agent.ask("LittleCpu", targets=[target], lasts=60, share=0.05)["refused"]
    assert quota(folders) == "5000"


def test_who_wants_no_cpu_is_immune(agent: Running, folders: dict[str, Path]) -> None:
    child, target = agent.child(IDLE)
    control_groups.join(folders, child.pid)
    agent.serve()
    (told,) = agent.ask("LittleCpu", targets=[target], lasts=60, share=0.2)["targets"]
    assert not told["proven"]
    assert "wanted no more CPU than that for 5 s" in told["how"]
    assert agent.ask("bye")["released"]
    assert quota(folders) in UNLIMITED


def test_a_quota_that_someone_else_changed_is_theirs(agent: Running, folders: dict[str, Path]) -> None:
    child, target = agent.child(BUSY)
    control_groups.join(folders, child.pid)
    agent.serve()
    agent.ask("LittleCpu", targets=[target], lasts=60, share=0.05)
    set_quota(folders, 70_000)
    assert agent.ask("end", of=1)["targets"][0]["ending"] == "by others"
    assert quota(folders) == "70000"


def test_a_group_that_is_gone_took_the_harm_with_it(agent: Running) -> None:
    with control_groups.group(f"squall-test-{os.getpid()}-gone") as folders:
        child, target = agent.child(BUSY)
        control_groups.join(folders, child.pid)
        agent.serve()
        agent.ask("LittleCpu", targets=[target], lasts=60, share=0.05)
    assert agent.ask("end", of=1)["targets"][0]["ending"] == "target gone"


@pytest.mark.parametrize("how", ["killed", "terminated", "lease"])
def test_an_agent_that_ends_leaves_no_quota(agent: Running, folders: dict[str, Path], how: str) -> None:
    child, target = agent.child(BUSY)
    control_groups.join(folders, child.pid)
    served = agent.serve(lease=1.0 if how == "lease" else 15.0)
    assert agent.ask("LittleCpu", targets=[target], lasts=60, share=0.05)["targets"][0]["proven"]
    if how == "killed":
        served.kill()
        served.wait()
        assert quota(folders) == "5000"
        agent.serve()
        assert " again" in agent.ask("end", of=1, seq=2)["released"]
    elif how == "terminated":
        served.terminate()
    served.wait(10)
    assert quota(folders) in UNLIMITED


def test_another_quota_is_not_put_back_by_a_successor(agent: Running, folders: dict[str, Path]) -> None:
    child, target = agent.child(BUSY)
    control_groups.join(folders, child.pid)
    served = agent.serve()
    agent.ask("LittleCpu", targets=[target], lasts=60, share=0.05)
    served.kill()
    served.wait()
    set_quota(folders, 70_000)
    agent.serve()
    assert "not ours" in agent.ask("end", of=1, seq=2)["released"]
    assert quota(folders) == "70000"
