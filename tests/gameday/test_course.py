"""A whole drill on a platform that is simulated: its order, its ends, and what its report says of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import squall.run.wiring
from squall.errors import ExitCode
from squall.gameday.report import write_report
from squall.measure.harm import onset
from squall.platforms.capability import Tell
from squall.record.folder import RunFolder
from squall.run.conductor import Conductor
from squall.run.experiment import Surroundings
from squall.run.scenario import Scenario
from squall.safety.undo_log import UndoLog
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock, Weakness
from tests.gameday.drills import DRILL, Table

# In virtual time nobody can watch: what follows a run reads the machine's clock.
FREE = DRILL.replace("abort: {success_below: 90%, over: 4s}\n", "").replace("}\n", ", hold: false}\n")


class Stage:
    """Where the runs of a drill take place; ``happens`` says what happens in each, so long after it begins."""

    def __init__(self) -> None:
        self.weakness = Weakness()
        self.happens: dict[float, Callable[[], None]] = {}

    def platform(self, name: str, system: object, context: object, allowed: object) -> SimulatedPlatform:
        clock = VirtualClock()
        for after, act in self.happens.items():
            clock.at(clock.now() + after, act)
        on = SimulatedPlatform("rerank-api", clock, self.weakness)
        self.clock = clock
        return on

    def surroundings(self, scenario: Scenario, on: SimulatedPlatform, tell: Tell, conductor: Conductor) -> Surroundings:
        return Surroundings(on, SimulatedTraffic(on, self.clock), self.clock, tell, conductor=conductor)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()
    monkeypatch.setattr(squall.run.wiring, "platform", made.platform)
    monkeypatch.setattr(squall.run.wiring, "surroundings", made.surroundings)
    # The pages of runs have tests of their own, and take seconds to draw.
    monkeypatch.setattr("squall.gameday.course.write", lambda record, judgement, into: None)
    return made


@contextmanager
def quiet(run: RunFolder) -> Iterator[Tell]:
    yield lambda text: None


def reported(table: Table) -> tuple[str, str]:
    page, text = write_report(table.folder)
    return page.read_text(), text.read_text()


def test_a_drill_that_ends_well_says_what_held(stage: Stage, tmp_path: Path) -> None:
    table = Table(tmp_path, FREE)
    assert table.course.run(quiet) == ExitCode.HELD
    kinds = [each.kind for each in table.board.entries if each.kind != "told"]
    assert kinds == ["begun", "scenario", "finished", "scenario", "finished", "over"]
    page, text = reported(table)
    assert "<h1>HELD</h1>" in page
    assert "nobody said that they noticed it" in text
    assert "of a month's" in text
    assert [UndoLog(run.folder.undo).open_entries() for run in table.course.finished] == [{}, {}]


def test_what_breaks_is_an_open_question(stage: Stage, tmp_path: Path) -> None:
    stage.weakness = Weakness(replicas=1, restart=20)
    table = Table(tmp_path, FREE)
    assert table.course.run(quiet) == ExitCode.BROKEN
    _, text = reported(table)
    assert "is the promise “at least 99% of requests succeed in the 60s after” wrong, or the system?" in text
    assert "users suffered, and nobody said that they noticed" in text


def test_an_abort_ends_the_run_and_the_drill_and_is_in_the_report(stage: Stage, tmp_path: Path) -> None:
    table = Table(tmp_path, FREE)
    board = table.board

    def abort() -> None:
        # A signal comes a moment later, too; here everything is one thread.
        board._interrupts = lambda: stage.clock.at(stage.clock.now(), raised)
        board.say("abort", "Ann", "customers <call>")

    def raised() -> None:
        raise KeyboardInterrupt

    # 40 s after it begins, the harm has been done: the steady state takes 20 s.
    stage.happens = {40.0: abort}
    assert table.course.run(quiet) == ExitCode.ABORTED
    (finished,) = table.course.finished
    record = finished.folder.load()
    assert onset(record) is not None
    assert finished.judgement.headline.reason == "aborted by Ann: customers <call>"
    assert not UndoLog(finished.folder.undo).open_entries()
    page, text = reported(table)
    assert "<h1>ABORTED by Ann: customers &lt;call&gt; (INCONCLUSIVE)</h1>" in page
    assert r"it was not run \(the drill had ended before\)" in text
    assert r"customers \<call\>" in text


def test_a_scenario_that_the_drill_s_limits_forbid_is_not_run(stage: Stage, tmp_path: Path) -> None:
    stage.weakness = Weakness(replicas=1)
    table = Table(tmp_path, FREE + "limits: {harm_at_most: 50%}\n")
    assert table.course.run(quiet) == ExitCode.MISUSE
    (refused,) = (each for each in table.board.entries if each.kind == "refused")
    assert "drill.yaml permits 0 at once" in refused.text
    assert not table.course.finished
    assert "Not run: refused" in reported(table)[1]


def test_outside_its_window_nothing_is_begun(stage: Stage, tmp_path: Path) -> None:
    window = "window: {opens: 2020-12-01T14:00:00Z, closes: 2020-12-01T15:00:00Z}\n"
    table = Table(tmp_path, FREE + window)
    assert table.course.run(quiet) == ExitCode.MISUSE
    assert [each.text for each in table.board.entries if each.kind == "refused"] == [
        "not begun: the time window closed at 2020-12-01 15:00 UTC"
    ] * 2
    assert not table.course.finished
