"""What people tell a drill: taken once, by who may, in time; and an abort reaches the run whatever else fails."""

from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.gameday.board import SaidTooLate
from squall.gameday.log import DrillFolder
from squall.record.event import PersonSaid
from squall.record.folder import RunFolder
from tests.gameday.drills import Table


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def kinds(table: Table) -> list[str]:
    return [entry.kind for entry in table.board.entries]


def waiting(table: Table, number: int = 1) -> None:
    table.board.begin(number, "One crashes")
    table.board.ask()


def test_the_first_go_counts_and_the_second_hears_whose_it_was(table: Table) -> None:
    waiting(table)
    table.board.say("go", "Ann", number=1)
    assert table.board.answer() == ("go", "Ann")
    with pytest.raises(SaidTooLate, match=r"nobody waits for it \(GO by Ann\)"):
        table.board.say("no-go", "Bob", number=1)
    assert kinds(table) == ["scenario", "asked", "go"]


def test_a_go_that_was_meant_for_the_scenario_before_is_too_late(table: Table) -> None:
    waiting(table, 2)
    with pytest.raises(SaidTooLate, match="that was for scenario 1, and scenario 2 is under way"):
        table.board.say("go", "Ann", number=1)
    assert table.board.answer() is None


def test_no_go_is_given_while_something_bars_it(table: Table) -> None:
    waiting(table)
    table.board.bars = lambda: "users suffer already"
    with pytest.raises(Misuse, match="not now: users suffer already"):
        table.board.say("go", "Ann")
    table.board.bars = lambda: ""
    table.board.say("go", "Ann")
    assert table.board.answer() == ("go", "Ann")


def test_an_abort_interrupts_once_and_has_a_reason(table: Table) -> None:
    waiting(table)
    table.board.say("abort", "Ann", "customers call")
    table.board.say("abort", "Bob")
    table.board.breach("too late")
    assert table.interrupted == [True]
    assert table.board.why_aborted() == "aborted by Ann: customers call"
    assert kinds(table) == ["scenario", "asked", "abort"]


def test_an_abort_does_not_depend_on_a_disk(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: DrillFolder, entry: object) -> None:
        raise OSError(28, "No space left on device")

    waiting(table)
    monkeypatch.setattr(DrillFolder, "append", full)
    table.board.say("abort", "Ann")
    assert table.interrupted == [True]


def test_what_people_say_stands_in_the_drill_s_log_and_in_the_run_s_timeline(table: Table, tmp_path: Path) -> None:
    waiting(table)
    run = RunFolder.create(tmp_path, "a run")
    table.board.attach(run)
    table.board.say("noticed", "Ann", "the dashboard\nis red")
    table.board.say("note", "Bob", "our password=hunter2")
    said = [event for event in run.timeline() if isinstance(event, PersonSaid)]
    assert [(event.who, event.said, event.text) for event in said] == [
        ("Ann", "noticed", "the dashboard is red"),
        ("Bob", "note", "our password=***"),
    ]
    kept = table.folder.entries()
    assert [entry.text for entry in kept[-2:]] == ["the dashboard is red", "our password=***"]
    assert "hunter2" not in (table.folder.path / "drill.jsonl").read_text()


def test_a_note_without_words_and_a_remedy_that_nobody_waits_for_are_refused(table: Table) -> None:
    waiting(table)
    with pytest.raises(Misuse, match="write what the note is to say"):
        table.board.say("note", "Ann", "  ")
    with pytest.raises(SaidTooLate, match="no remedy is waited for"):
        table.board.say("remedy", "Ann")


def test_nothing_is_said_to_a_drill_that_is_over(table: Table) -> None:
    table.board.close("1 HELD")
    with pytest.raises(SaidTooLate, match="the drill is over"):
        table.board.say("abort", "Ann")
    assert not table.interrupted
