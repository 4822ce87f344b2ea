import errno
import json
import resource
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from squall.agent.harms.contract import Means, Ready
from squall.agent.harms.registry import ORDERS
from squall.agent.scope.scope import Scope
from squall.agent.service.journal import FORMER, Busy, Journal, path_of
from squall.agent.service.recovery import recover, undo_open
from squall.agent.wire import Message, Refused

ENTRY = {"targets": [{"pid": 7, "started": 9}]}


def test_what_is_closed_no_longer_stands(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "Crash", ENTRY)
    journal.open(2, "Crash", ENTRY)
    journal.close(1, {"done": True})
    assert journal.open_entries() == {2: ("Crash", ENTRY)}
    assert journal.answers() == {1: {"done": True}}


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "Crash", ENTRY)
    journal.path.write_bytes(journal.path.read_bytes() + b'{"seq":2,"state":"op')
    assert list(journal.open_entries()) == [1]


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    with pytest.raises(Busy):
        Journal(journal.path)


def test_a_journal_that_ends_with_nothing_standing_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "Crash", ENTRY)
    journal.close(1, {})
    journal.end(remove=not journal.open_entries())
    assert list(tmp_path.iterdir()) == []


def test_a_restart_closes_the_kill_that_was_under_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "Crash", ENTRY)
    assert [each.said for each in undo_open(journal, ORDERS)] == [
        "a crash is over when it is done, nothing is left of it (1 processes)"
    ]
    assert "the agent ended while it did this" in journal.answers()[1]["refused"]


def test_recovery_takes_dead_agents_journals_alone(tmp_path: Path) -> None:
    living = Journal(path_of(tmp_path, "living"))
    living.open(1, "Crash", ENTRY)
    (tmp_path / "dead.jsonl").write_bytes(living.path.read_bytes())
    own = path_of(tmp_path, "own")
    own.write_bytes(living.path.read_bytes())
    assert len(recover(tmp_path, own, ORDERS)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["living.jsonl", "own.jsonl"]


def test_a_harm_of_another_version_is_left_in_its_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "dead.jsonl")
    journal.open(1, "flood", {})
    journal.end(remove=False)
    (said,) = recover(tmp_path, tmp_path / "own.jsonl", ORDERS)
    assert said == "not undone: this version of the agent has no order flood"
    assert (tmp_path / "dead.jsonl").exists()


def test_a_run_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    assert path_of(tmp_path, "../../etc/x").parent == tmp_path


@dataclass
class Undoes:
    """A harm that is only undone; ``fails`` is raised for the entry that names it."""

    fails: dict[str, Exception] = field(default_factory=dict)
    undone: list[str] = field(default_factory=list)
    needs: ClassVar = frozenset(Means)

    def pin(self, order: Message, place: Scope) -> Ready:
        raise Refused("only undone here")

    def undo(self, entry: Message) -> str:
        if failure := self.fails.get(entry["name"]):
            raise failure
        self.undone.append(entry["name"])
        return f"undone {entry['name']}"


class Full(Journal):
    def close(self, seq: int, answer: Message) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "failure",
    [OSError("busy"), KeyError("name"), TypeError("x"), ValueError("x"), Refused("x"), RuntimeError("no thread")],
)
def test_an_entry_that_cannot_be_undone_keeps_no_other_from_it(tmp_path: Path, failure: Exception) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    for seq, name in enumerate("abc"):
        journal.open(seq, "it", {"name": name})
    harm = Undoes({"b": failure})
    tried = undo_open(journal, {"it": harm})
    assert [each.undone for each in tried] == [True, False, True]
    assert tried[1].said.startswith("not undone: it: ")
    assert harm.undone == ["c", "a"]
    assert list(journal.open_entries()) == [1]


def test_a_full_disk_stands_before_no_undo(tmp_path: Path) -> None:
    journal = Full(tmp_path / "a.jsonl")
    for seq, name in enumerate("ab"):
        journal.open(seq, "it", {"name": name})
    harm = Undoes()
    assert all(each.undone and "not noted" in each.said for each in undo_open(journal, {"it": harm}))
    assert harm.undone == ["b", "a"]


@pytest.mark.parametrize("line", [b"\xff{", b"[]", b"{}", b'{"seq":1,"state":"open"}', b'{"seq":"x","state":"closed"}'])
def test_a_line_that_cannot_be_read_keeps_no_agent_from_starting(tmp_path: Path, line: bytes) -> None:
    journal = Journal(tmp_path / "dead.jsonl")
    journal.open(1, "Crash", ENTRY)
    journal.path.write_bytes(line + b"\n" + journal.path.read_bytes())
    journal.end(remove=False)
    reported, proof = recover(tmp_path, tmp_path / "own.jsonl", ORDERS)
    assert reported == "dead.jsonl: 1 lines cannot be read, what they say is not undone"
    assert "nothing is left of it" in proof


def test_a_torn_line_swallows_no_later_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.path.write_bytes(b'{"seq":2,"state":"op')
    journal.open(3, "Crash", ENTRY)
    assert list(journal.open_entries()) == [3]


def test_what_cannot_be_opened_keeps_no_other_from_being_undone(tmp_path: Path) -> None:
    """A folder in the place of a file stands for whatever cannot be opened."""
    (tmp_path / "a.jsonl").mkdir()
    journal = Journal(tmp_path / "b.jsonl")
    journal.open(1, "Crash", ENTRY)
    journal.end(remove=False)
    unopened, proof = recover(tmp_path, tmp_path / "own.jsonl", ORDERS)
    assert unopened.startswith("not undone: a.jsonl cannot be opened: ")
    assert "nothing is left of it" in proof
    assert not (tmp_path / "b.jsonl").exists()


def test_it_is_read_without_another_file_descriptor(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.open(1, "it", {"name": "a"})
    harm = Undoes()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        tried = undo_open(journal, {"it": harm})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (tried, journal.open_entries()) == ([(True, "undone a")], {})


FORMERLY = [
    ("kill", {"targets": []}, "Crash"),
    ("freeze", {"proc": "/proc", "processes": []}, "Freeze"),
    ("cpu", {"quotas": []}, "LittleCpu"),
    ("memory", {"proc": "/proc", "scores": []}, "OutOfMemory"),
    ("disk", {"files": []}, "FullDisk"),
    ("slow", {"proc": "/proc", "sites": []}, "Slower"),
    ("errors", {"doors": ["/none/a.sock"]}, "ErrorsAnswered"),
    ("reset", {"doors": []}, "Resets"),
    ("silent", {"doors": []}, "Silence"),
    ("door", {"proc": "/proc", "sites": []}, "WatchCalls"),
    ("partition", {"proc": "/proc", "sites": []}, "Partition"),
    ("resolution", {"proc": "/proc", "sites": []}, "NameResolution"),
    ("unreachable", {"proc": "/proc", "sites": []}, "Unreachable"),
    ("stop", {"targets": []}, "StoreRestarted"),
]


@pytest.mark.parametrize(("do", "entry", "now"), FORMERLY, ids=[do for do, _, _ in FORMERLY])
def test_a_journal_of_the_version_before_is_still_undone(
    tmp_path: Path, do: str, entry: dict[str, object], now: str
) -> None:
    path = tmp_path / "dead.jsonl"
    path.write_text(json.dumps({"seq": 1, "state": "open", "do": do, "entry": entry}) + "\n")
    journal = Journal(path)
    assert [name for name, _ in journal.open_entries().values()] == [now]
    journal.end(remove=False)
    (proof,) = recover(tmp_path, tmp_path / "own.jsonl", ORDERS)
    assert not proof.startswith("not undone")
    assert ("a.sock is gone" in proof) == (do == "errors")
    assert not path.exists()


def test_all_former_names_lead_to_orders_of_today() -> None:
    assert set(FORMER.values()) <= ORDERS.keys()
    assert FORMER.keys() == {do for do, _, _ in FORMERLY}


def test_a_line_that_goes_too_deep_is_one_that_cannot_be_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.jsonl")
    journal.path.write_bytes(b"[" * 100_000 + b"\n")
    journal.open(1, "Crash", ENTRY)
    assert (list(journal.open_entries()), journal.unreadable()) == ([1], 1)
