import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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
    assert log.open_entries() == {}
    assert list(log.replay()) == []
    assert things.taken == ["rule", "agent", "lease"]


def test_what_was_opened_before_the_lease_stays(log: UndoLog, things: Things) -> None:
    lease = log.open(things.entry("lease"))
    log.open(things.entry("agent"))
    assert len(list(log.replay(above=lease))) == 1
    assert [undo.args["name"] for undo in log.open_entries().values()] == ["lease"]


@pytest.mark.parametrize("error", [NotUndone, KeyError, OSError, TimeoutError])
def test_a_failing_undo_stays_and_the_others_still_go(
    log: UndoLog, things: Things, error: Callable[[str], Exception]
) -> None:
    for name in ("lease", "agent", "rule"):
        log.open(things.entry(name))
    things.stuck, things.fails = {"agent"}, error
    outcomes = [outcome for _, outcome in log.replay()]
    assert [isinstance(outcome, NotUndone) for outcome in outcomes] == [False, True, False]
    assert list(log.open_entries()) == [2]
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
    assert list(log.open_entries()) == [1]


def test_a_torn_line_is_passed_over_and_swallows_nothing(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("lease"))
    with (tmp_path / "undo.jsonl").open("ab") as file:
        file.write(b'{"entry": 2, "state": "op')
    assert list(log.open_entries()) == [1]
    assert [proof for _, proof in log.replay()] == ["lease is gone"]
    assert log.open_entries() == {}
    assert log.open(things.entry("agent")) == 2
    assert list(log.open_entries()) == [2]


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b'{"state": "open"}\n',
        b'{"entry": 1}\n',
        b'{"entry": Infinity, "state": "open"}\n',
        b'{"entry": 2, "state": "open", "kind": ["x"], "about": "", "args": {}}\n',
        b"[" * 100_000 + b"\n",
        b"\0" * 512 + b"\n",
        b"\xff\xff\n",
    ],
)
def test_a_line_that_is_no_entry_is_reported_and_stops_nothing(
    log: UndoLog, things: Things, tmp_path: Path, line: bytes
) -> None:
    log.open(things.entry("lease"))
    with (tmp_path / "undo.jsonl").open("ab") as file:
        file.write(line)
    log.open(things.entry("agent"))
    outcomes = [outcome for _, outcome in log.replay()]
    assert outcomes[:2] == ["agent is gone", "lease is gone"]
    assert [str(each) for each in outcomes[2:]] == [f"reading {tmp_path}/undo.jsonl:2: not an entry of an undo log"]
    assert log.open_entries() == {}


def forged(path: Path, undo: Undo, **more: object) -> None:
    line = {"entry": 1, "state": "open", "kind": undo.kind, "about": undo.about, "args": undo.args, **more}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


@pytest.mark.parametrize("signed", [{}, {"signature": "0" * 64}, {"signature": None}, {"signature": "é"}])
def test_what_somebody_else_wrote_is_left_alone(
    log: UndoLog, things: Things, tmp_path: Path, signed: dict[str, object]
) -> None:
    forged(tmp_path / "undo.jsonl", things.entry("folder of root's"), **signed)
    log.open(things.entry("agent"))
    (_, ours), (undo, theirs) = log.replay()
    assert ours == "agent is gone"
    assert undo.args == {"name": "folder of root's"}
    assert "was not written by you on this machine" in str(theirs)
    assert things.taken == ["agent"]


def test_an_entry_of_ours_that_was_changed_is_not_ours(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("agent"))
    path = tmp_path / "undo.jsonl"
    path.write_text(path.read_text().replace('"name": "agent"', '"name": "other"'))
    assert (log.open_entries(), list(log.contents().foreign)) == ({}, [1])


def test_an_entry_is_bound_to_its_folder(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("agent"))
    elsewhere = tmp_path / "elsewhere" / "undo.jsonl"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes((tmp_path / "undo.jsonl").read_bytes())
    assert UndoLog(elsewhere).open_entries() == {}
    assert list(UndoLog(elsewhere).contents().foreign) == [1]


def test_somebody_elses_note_closes_nothing_of_ours(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("agent"))
    with (tmp_path / "undo.jsonl").open("a") as file:
        file.write('{"entry": 1, "state": "undone", "proof": "believe me"}\n')
    assert list(log.open_entries()) == [1]


def test_what_the_user_trusts_is_undone_once(log: UndoLog, things: Things, tmp_path: Path) -> None:
    forged(tmp_path / "undo.jsonl", things.entry("rule"))
    log.open(things.entry("agent"))
    assert [proof for _, proof in log.replay(trust=True)] == ["agent is gone", "rule is gone"]
    assert list(log.replay(trust=True)) == []
    assert list(log.replay()) == []


def test_two_writers_lose_no_entry(log: UndoLog, things: Things, tmp_path: Path) -> None:
    """The guard, or squall undo --force, notes what it undid while the harness opens the next entry."""
    others = [UndoLog(tmp_path / "undo.jsonl") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda other: [other.open(things.entry("agent")) for _ in range(25)], others))
    assert list(log.open_entries()) == list(range(100, 0, -1))


def test_no_log_is_nothing_to_undo(log: UndoLog) -> None:
    assert log.open_entries() == {}
    assert list(log.replay()) == []


def test_another_process_finds_the_same_entries(log: UndoLog, things: Things, tmp_path: Path) -> None:
    log.open(things.entry("agent"))
    assert UndoLog(tmp_path / "undo.jsonl").open_entries() == {1: things.entry("agent")}
