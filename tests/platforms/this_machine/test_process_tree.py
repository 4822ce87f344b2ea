from pathlib import Path

import pytest

from squall.platforms.processes import undo as undoing
from squall.platforms.this_machine.instance_folder import PREFIX, InstanceFolder, NotedProcess
from squall.platforms.this_machine.process_tree import ProcessEntry, members

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
WATCHDOG = NotedProcess(100, f"{BOOT}/5000")


def found(*processes: ProcessEntry) -> list[int]:
    return [each.pid for each in members(WATCHDOG, {each.pid: each for each in processes})]


def test_the_session_and_all_descendants() -> None:
    watchdog, child = ProcessEntry(100, 1, 100, 5000), ProcessEntry(101, 100, 100, 5001)
    own_session, orphan = ProcessEntry(102, 101, 102, 5002), ProcessEntry(103, 1, 100, 5003)
    stranger = ProcessEntry(104, 1, 104, 5004)
    assert found(watchdog, child, own_session, orphan, stranger) == [101, 102, 103]


def test_what_is_left_when_the_watchdog_is_dead() -> None:
    assert found(ProcessEntry(101, 1, 100, 5001), ProcessEntry(102, 101, 102, 5002)) == [101, 102]


def test_a_stranger_who_got_the_watchdog_s_number_is_left_alone() -> None:
    assert found(ProcessEntry(100, 1, 100, 9000), ProcessEntry(101, 100, 100, 9001)) == []


def test_nobody_older_than_the_watchdog() -> None:
    assert found(ProcessEntry(101, 1, 100, 4000)) == []


def test_nobody_after_a_reboot() -> None:
    assert members(NotedProcess(100, "another-boot/5000"), {101: ProcessEntry(101, 100, 100, 5001)}) == []


@pytest.fixture
def state(tmp_path: Path) -> InstanceFolder:
    made = InstanceFolder(tmp_path / f"{PREFIX}x")
    made.make()
    return made


def test_undoing_what_was_never_started(state: InstanceFolder) -> None:
    args = undoing.processes_undo(state).args
    for _ in range(2):
        assert undoing.end_processes(args).startswith("0 processes ended, none is left")
    assert not state.path.exists()


def test_a_folder_of_another_name_is_not_removed(tmp_path: Path) -> None:
    InstanceFolder(tmp_path).remove()
    assert tmp_path.exists()
