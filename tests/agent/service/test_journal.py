from pathlib import Path

import pytest

from squall.agent.harms.registry import HARMS
from squall.agent.service.journal import Busy, Journal, path_of
from squall.agent.service.orders import recover, undone

ENTRY = {"targets": [{"pid": 7, "started": 9}]}


def test_what_is_closed_no_longer_stands(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "kill", ENTRY)
    journal.open(2, "kill", ENTRY)
    journal.close(1, {"done": True})
    assert journal.standing() == {2: ("kill", ENTRY)}
    assert journal.answers() == {1: {"done": True}}


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "kill", ENTRY)
    journal.path.write_bytes(journal.path.read_bytes() + b'{"seq":2,"state":"op')
    assert list(journal.standing()) == [1]


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    with pytest.raises(Busy):
        Journal(journal.path)


def test_a_journal_that_ends_with_nothing_standing_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "kill", ENTRY)
    journal.close(1, {})
    journal.end()
    assert list(tmp_path.iterdir()) == []


def test_a_restart_closes_the_kill_that_was_under_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "kill", ENTRY)
    assert undone(journal, HARMS) == ["a kill is done in an instant, nothing stands (1 processes)"]
    assert "the agent ended while it did this" in journal.answers()[1]["refused"]


def test_recovery_takes_dead_agents_journals_alone(tmp_path: Path) -> None:
    living = Journal(path_of(tmp_path, "living"))
    living.open(1, "kill", ENTRY)
    (tmp_path / "dead.jsonl").write_bytes(living.path.read_bytes())
    own = path_of(tmp_path, "own")
    own.write_bytes(living.path.read_bytes())
    assert len(recover(tmp_path, own, HARMS)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["living.jsonl", "own.jsonl"]


def test_a_harm_of_another_version_is_left_in_its_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "dead.jsonl")
    journal.open(1, "flood", {})
    journal.end()
    assert recover(tmp_path, tmp_path / "own.jsonl", HARMS) == []
    assert (tmp_path / "dead.jsonl").exists()


def test_a_run_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    assert path_of(tmp_path, "../../etc/x").parent == tmp_path
