"""Who follows a run: bars GO while users suffer or are not seen, and aborts when they do after GO, or when it fails."""

from pathlib import Path

import pytest

from squall.gameday.follower import Follower
from squall.record.event import LoadStarted, PhaseBegan
from squall.record.folder import RunFolder
from squall.record.samples import SampleWriter
from squall.testing.platform import VirtualClock
from tests.gameday.drills import DRILL, Table, scenario
from tests.records import plan, stream


class Followed:
    def __init__(self, base: Path, text: str = DRILL) -> None:
        self.table = Table(base, text)
        self.clock, self.run = VirtualClock(110.0), RunFolder.create(base / "runs", "a run")
        self.table.board.begin(1, "One crashes")
        self.table.board.attach(self.run)
        self.follower = Follower(scenario(), self.table.board, self.run, self.clock)

    def at(self, phase: str, good: bool = True) -> None:
        self.run.write_plan(plan())
        self.run.append(PhaseBegan(100.0, "squall", name=phase))
        self.run.append(LoadStarted(100.0, "load", start=100.0, rate=50.0))
        writer = SampleWriter(self.run.requests)
        for sample in stream(50, (lambda t: False) if good else (lambda t: t > 107), start=100, end=110):
            writer.add(sample)
        writer.close()


def test_go_is_barred_until_it_is_seen_how_users_fare(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    assert followed.follower.bars() == "the run has not begun"
    followed.follower.look()
    assert followed.follower.bars() == "it is not seen yet how users fare"
    followed.at("leave")
    followed.follower.look()
    assert followed.follower.bars() == ""


def test_go_is_barred_while_users_suffer_and_nothing_is_aborted_for_it(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.at("leave", good=False)
    followed.follower.look()
    assert followed.follower.bars().startswith("the abort condition is met already: 2")
    assert not followed.table.interrupted


@pytest.mark.parametrize("phase", ["steady", "harm", "observe"])
def test_from_go_on_a_breach_aborts_once(phase: str, tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.at(phase, good=False)
    followed.follower.look()
    followed.follower.look()
    assert followed.table.interrupted == [True]
    assert "of users' requests succeeded in 4s, 90% is the least" in followed.table.board.why_aborted()


@pytest.mark.parametrize("phase", ["undo", "hold"])
def test_what_is_being_undone_is_not_aborted(phase: str, tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.at(phase, good=False)
    followed.follower.look()
    assert not followed.table.interrupted


def test_users_who_are_served_abort_nothing(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.at("observe")
    followed.follower.look()
    assert not followed.table.interrupted


def test_at_the_end_of_the_window_what_is_under_way_is_aborted(tmp_path: Path) -> None:
    followed = Followed(tmp_path, DRILL + "window: {opens: 2020-12-01T14:00:00Z, closes: 2020-12-01T15:00:00Z}\n")
    followed.at("observe")
    followed.follower.look()
    assert followed.table.interrupted == [True]
    assert "the time window closed" in followed.table.board.why_aborted()


def test_who_can_no_longer_follow_aborts(tmp_path: Path) -> None:
    followed = Followed(tmp_path)
    followed.at("observe")
    followed.run.requests.unlink()
    followed.run.requests.mkdir()
    with followed.follower.following():
        while not followed.table.interrupted:
            pass
    assert "the run cannot be followed any more" in followed.table.board.why_aborted()
