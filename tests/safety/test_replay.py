"""Undoing goes on: past notes that cannot be written, and past whoever does not answer for a while."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from squall.errors import NotReached, NotUndone, SquallError
from squall.safety import undo_log
from squall.safety.replay import undo_all
from squall.safety.undo_log import Undo, UndoLog, undoes
from squall.testing.platform import VirtualClock


class Cluster:
    """What stands in it, and whether it answers."""

    def __init__(self, clock: VirtualClock) -> None:
        self.kind, self.clock = f"standing {uuid.uuid4()}", clock
        self.answers_at: dict[str, float] = {}
        self.never: set[str] = set()
        self.tried: list[tuple[str, float]] = []

    def take(self, args: Mapping[str, object]) -> str:
        name = str(args["name"])
        self.tried.append((name, self.clock.now()))
        if name in self.never:
            raise NotUndone(f"{name} was changed by someone else")
        if self.clock.now() < self.answers_at.get(name, 0.0):
            raise NotReached(f"undoing {name}: Service Unavailable (503)")
        return f"{name} is gone"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(VirtualClock(0.0))
    undoes(made.kind)(made.take)
    yield made
    del undo_log._REGISTERED[made.kind]


@pytest.fixture
def log(tmp_path: Path, cluster: Cluster) -> UndoLog:
    made = UndoLog(tmp_path / "undo.jsonl")
    for name in ("cordon", "scale", "selector"):
        made.open(Undo(cluster.kind, name, {"name": name}))
    return made


@pytest.fixture
def notes() -> list[tuple[str, str]]:
    return []


def noting(notes: list[tuple[str, str]]) -> Callable[[Undo, str | SquallError], None]:
    return lambda undo, outcome: notes.append((undo.about, str(outcome)))


def test_what_does_not_answer_is_tried_again_with_longer_pauses(
    log: UndoLog, cluster: Cluster, notes: list[tuple[str, str]]
) -> None:
    cluster.answers_at = {"scale": 30.0}
    assert undo_all(log, noting(notes), within=60.0, clock=cluster.clock)
    assert not log.open_entries()
    moments = [moment for name, moment in cluster.tried if name == "scale"]
    assert moments == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5]
    # The others were undone at once, and once; nothing is said of tries that came to nothing.
    assert [name for name, moment in cluster.tried if moment == 0.0] == ["selector", "scale", "cordon"]
    assert [about for about, _ in notes] == ["selector", "cordon", "scale"]


def test_what_never_answers_is_named_when_the_time_is_over(
    log: UndoLog, cluster: Cluster, notes: list[tuple[str, str]]
) -> None:
    cluster.answers_at = {"scale": 1000.0}
    assert not undo_all(log, noting(notes), within=20.0, clock=cluster.clock)
    assert cluster.clock.now() == 20.0
    assert [undo.about for undo in log.open_entries().values()] == ["scale"]
    assert notes[-1] == ("scale", "undoing scale: Service Unavailable (503)")


def test_what_another_changed_is_not_tried_again(log: UndoLog, cluster: Cluster, notes: list[tuple[str, str]]) -> None:
    cluster.never = {"scale"}
    assert not undo_all(log, noting(notes), within=60.0, clock=cluster.clock)
    assert cluster.clock.now() == 0.0
    assert ("scale", "scale was changed by someone else") in notes


def test_a_full_disk_stops_no_undo(
    log: UndoLog, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the note in the undo log nor the one in the timeline can be written: all is undone, and said."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log, "_append", full)
    assert not undo_all(log, full, within=3.0, clock=cluster.clock)
    assert [name for name, _ in cluster.tried] == ["selector", "scale", "cordon"]
    assert capsys.readouterr().err.count("No space left on device") >= 3
    # A run that waited for room would hold up whoever called it, for nothing: the guard waits.
    assert cluster.clock.now() == 0.0


def test_who_waits_for_room_on_the_disk_notes_it_as_soon_as_there_is_some(
    log: UndoLog, cluster: Cluster, notes: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    append = log._append

    def full_for_a_while(line: Mapping[str, object]) -> None:
        if cluster.clock.now() < 20.0:
            raise OSError(28, "No space left on device")
        append(line)

    monkeypatch.setattr(log, "_append", full_for_a_while)
    assert undo_all(log, noting(notes), within=60.0, clock=cluster.clock, until_noted=True)
    assert not log.open_entries()
    assert [about for about, _ in notes] == ["selector", "scale", "cordon"]


def test_what_stood_before_stays(log: UndoLog, cluster: Cluster, notes: list[tuple[str, str]]) -> None:
    assert undo_all(log, noting(notes), within=1.0, above=2, clock=cluster.clock)
    assert [about for about, _ in notes] == ["selector"]
