import json
import os
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.platforms.this_machine.file_lease import FileLease, lease_undo, release_lease
from squall.platforms.this_machine.instance_folder import PREFIX, InstanceFolder
from squall.process.identity import start_time


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
    args = lease_undo(state, "b").args
    assert release_lease(args) == "held by a: left alone"
    args = lease_undo(state, "a").args
    assert [release_lease(args) for _ in range(2)] == ["held by nobody", "held by nobody: left alone"]
    lease.close()
    state.remove()
    assert release_lease(args).endswith("is not there")
