import json
import os
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.platforms.processes import undo as undoing
from squall.platforms.this_machine.file_lease import FileLease
from squall.platforms.this_machine.instance_folder import PREFIX, InstanceFolder, NotedProcess
from squall.platforms.this_machine.process_tree import ProcessEntry, members
from squall.process.identity import start_time

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
WATCHDOG = NotedProcess(100, f"{BOOT}/5000")


def family(*processes: ProcessEntry) -> list[int]:
    return [each.pid for each in members(WATCHDOG, {each.pid: each for each in processes})]


def test_the_session_and_all_descendants() -> None:
    watchdog, child = ProcessEntry(100, 1, 100, 5000), ProcessEntry(101, 100, 100, 5001)
    own_session, orphan = ProcessEntry(102, 101, 102, 5002), ProcessEntry(103, 1, 100, 5003)
    stranger = ProcessEntry(104, 1, 104, 5004)
    assert family(watchdog, child, own_session, orphan, stranger) == [101, 102, 103]


def test_what_is_left_when_the_keeper_is_dead() -> None:
    assert family(ProcessEntry(101, 1, 100, 5001), ProcessEntry(102, 101, 102, 5002)) == [101, 102]


def test_a_stranger_who_got_the_keepers_number_is_left_alone() -> None:
    assert family(ProcessEntry(100, 1, 100, 9000), ProcessEntry(101, 100, 100, 9001)) == []


def test_nobody_older_than_the_keeper() -> None:
    assert family(ProcessEntry(101, 1, 100, 4000)) == []


def test_nobody_after_a_reboot() -> None:
    assert members(NotedProcess(100, "another-boot/5000"), {101: ProcessEntry(101, 100, 100, 5001)}) == []


@pytest.fixture
def state(tmp_path: Path) -> InstanceFolder:
    made = InstanceFolder(tmp_path / f"{PREFIX}x")
    made.make()
    return made


def test_an_instance_has_one_run_at_a_time(state: InstanceFolder) -> None:
    mine, other = FileLease(state), FileLease(state)
    mine.take("a")
    with pytest.raises(Misuse, match=r'held by another run .*"a"'):
        other.take("b")
    assert (mine.lost("a"), other.lost("b")) == (None, "this run does not hold its lease")
    mine.close()
    other.take("b")
    assert other.lost("a") == "the lease is lost: it is held by b"
    other.close()


def test_a_lease_is_given_back_by_its_run_alone(state: InstanceFolder) -> None:
    lease = FileLease(state)
    lease.take("a")
    assert json.loads(state.lock.read_text()) == {"run": "a", "pid": os.getpid(), "started": start_time(os.getpid())}
    args = undoing.lease_undo(state, "b").args
    assert undoing.release_lease(args) == "held by a: left alone"
    args = undoing.lease_undo(state, "a").args
    assert [undoing.release_lease(args) for _ in range(2)] == ["held by nobody", "held by nobody: left alone"]
    lease.close()
    state.remove()
    assert undoing.release_lease(args).endswith("is not there")


def test_undoing_what_was_never_started(state: InstanceFolder) -> None:
    args = undoing.processes_undo(state).args
    for _ in range(2):
        assert undoing.end_processes(args).startswith("0 processes ended, none is left")
    assert not state.path.exists()


def test_a_folder_of_another_name_is_not_removed(tmp_path: Path) -> None:
    InstanceFolder(tmp_path).remove()
    assert tmp_path.exists()
