import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from squall.errors import NotUndone
from squall.safety import undo_log as module
from squall.safety.undo_log import Undo, UndoLog, perform, undoes

Args = Mapping[str, object]


class Things:
    """Things that were put in place, and a kind of undo that takes them away."""

    def __init__(self) -> None:
        self.kind = f"thing {uuid.uuid4()}"
        self.taken: list[str] = []
        self.stuck: set[str] = set()
        self.fails: Callable[[str], Exception] = lambda name: NotUndone(f"{name} still stands")

    def take(self, args: Args) -> str:
        name = str(args["name"])
        if name in self.stuck:
            raise self.fails(name)
        self.taken.append(name)
        return f"{name} is gone"

    def entry(self, name: str) -> Undo:
        return Undo(self.kind, f"the {name}", {"name": name})


@pytest.fixture
def things() -> Iterator[Things]:
    found = Things()
    undoes(found.kind)(found.take)
    yield found
    del module._REGISTERED[found.kind]


@pytest.fixture
def log(tmp_path: Path) -> UndoLog:
    return UndoLog(tmp_path / "undo.jsonl")


def test_an_entry_is_on_disk_before_open_returns(
    log: UndoLog, things: Things, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def fsync(descriptor: int) -> None:
        target = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append(target.read_text() if target.is_file() else str(target))

    monkeypatch.setattr(os, "fsync", fsync)
    log.open(things.entry("agent"))
    # The whole line stood in the file when it was synced, and so did the name of the file in its folder.
    assert json.loads(synced[0])["args"] == {"name": "agent"}
    assert synced[0].endswith("\n")
    assert synced[1:] == [str(tmp_path)]
    log.open(things.entry("rule"))
    assert len(synced) == 3


def test_entries_are_undone_in_reverse(log: UndoLog, things: Things) -> None:
    assert [log.open(things.entry(name)) for name in ("lease", "agent", "rule")] == [1, 2, 3]
    assert [proof for _, proof in log.replay()] == ["rule is gone", "agent is gone", "lease is gone"]
    assert log.standing() == {}
    assert list(log.replay()) == []
    assert things.taken == ["rule", "agent", "lease"]


def test_what_was_opened_before_the_lease_stays(log: UndoLog, things: Things) -> None:
    lease = log.open(things.entry("lease"))
    log.open(things.entry("agent"))
    assert len(list(log.replay(above=lease))) == 1
    assert [undo.args["name"] for undo in log.standing().values()] == ["lease"]


@pytest.mark.parametrize("error", [NotUndone, KeyError, OSError, TimeoutError])
def test_a_failing_undo_stays_and_the_others_still_go(
    log: UndoLog, things: Things, error: Callable[[str], Exception]
) -> None:
    for name in ("lease", "agent", "rule"):
        log.open(things.entry(name))
    things.stuck, things.fails = {"agent"}, error
    outcomes = [outcome for _, outcome in log.replay()]
    assert [type(outcome) for outcome in outcomes] == [str, NotUndone, str]
    assert list(log.standing()) == [2]
    things.stuck = set()
    assert [proof for _, proof in log.replay()] == ["agent is gone"]


def test_an_undo_that_cannot_be_noted_does_not_keep_the_others(
    log: UndoLog, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lease", "agent"):
        log.open(things.entry(name))
    close = log.close

    def full(number: int, proof: str) -> None:
        if number == 2:
            raise OSError(28, "No space left on device")
        close(number, proof)

    monkeypatch.setattr(log, "close", full)
    outcomes = [outcome for _, outcome in log.replay()]
    assert "No space left" in str(outcomes[0])
    assert things.taken == ["agent", "lease"]


def test_an_unknown_kind_is_not_undone(log: UndoLog) -> None:
    with pytest.raises(NotUndone, match="no undo of the kind 'from the future'"):
        perform(Undo("from the future", "a thing"))
    log.open(Undo("from the future", "a thing"))
    ((_, outcome),) = log.replay()
    assert isinstance(outcome, NotUndone)
    assert list(log.standing()) == [1]


def test_a_torn_line_is_passed_over_and_swallows_nothing(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("lease"))
    with (tmp_path / "undo.jsonl").open("ab") as file:
        file.write(b'{"entry": 2, "state": "op')
    assert list(log.standing()) == [1]
    assert [proof for _, proof in log.replay()] == ["lease is gone"]
    assert log.standing() == {}
    assert log.open(things.entry("agent")) == 2
    assert list(log.standing()) == [2]


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"state": "open"}\n', b"\xff\xff\n"])
def test_a_line_that_is_no_entry_is_named(log: UndoLog, things: Things, tmp_path: Path, line: bytes) -> None:
    log.open(things.entry("lease"))
    with (tmp_path / "undo.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(NotUndone, match=r"undo\.jsonl:2: not an entry of an undo log"):
        log.standing()


def test_no_log_is_nothing_to_undo(log: UndoLog) -> None:
    assert log.standing() == {}
    assert list(log.replay()) == []


def test_another_process_finds_the_same_entries(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("agent"))
    assert UndoLog(tmp_path / "undo.jsonl").standing() == {1: things.entry("agent")}
