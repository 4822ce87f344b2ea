"""The course of a drill: its scenarios one after another, each held, followed and undone; then the report."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from squall.clock import Heartbeat
from squall.errors import ExitCode, HarnessFailed, Misuse, NotOffered, SquallError
from squall.gameday.board import Board
from squall.gameday.conductor import DrillConductor
from squall.gameday.drill import Drill
from squall.gameday.follower import Follower
from squall.gameday.log import DrillFolder
from squall.platforms.capability import Tell
from squall.process.identity import claim_folder, release_folder
from squall.record.folder import RunFolder
from squall.report.write import write
from squall.run.scenario import Scenario
from squall.run.signals import terminable
from squall.run.wiring import FinishedRun, RunPlace, carry_out

# Shows how a run goes, and gives what hears it besides.
Showing = Callable[[RunFolder], AbstractContextManager[Tell]]


@dataclass
class Course:
    """One drill; ``run`` is called once. ``follower`` is that of the run under way."""

    drill: Drill
    scenarios: Sequence[Scenario]
    where: RunPlace
    folder: DrillFolder
    board: Board
    anchor: Heartbeat = field(default_factory=Heartbeat.read)
    follower: Follower | None = None
    finished: list[FinishedRun] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def wall(self, t: float) -> float:
        """Return the wall time (s since 1970) of a moment."""
        return self.anchor.realtime + (t - self.anchor.monotonic)

    def run(self, showing: Showing) -> int:
        """Carry the drill out and return its exit code; an interruption ends it, and nothing that it did stays."""
        claim_folder(self.folder.path)
        self.board.bars = self._bars
        self.board.enter("begun", self.drill.name)
        try:
            with terminable():
                self._run_each(showing)
        except KeyboardInterrupt:
            self.board.interrupted()
        finally:
            self.board.close(self._outcome())
            release_folder(self.folder.path)
        return self._exit_code()

    def _run_each(self, showing: Showing) -> None:
        for number, scenario in enumerate(self.scenarios, start=1):
            if self.board.aborted is not None:
                return
            self.board.begin(number, scenario.title)
            if self.drill.window and (why := self.drill.window.shut(datetime.now(UTC))):
                self.board.finish(f"not begun: {why}", "refused")
                self.refused.append(why)
                continue
            try:
                finished = self._carried_out(number, scenario, showing)
            except NotOffered as error:
                self.board.finish(f"skipped: {error}", "refused")
                self.refused.append(str(error))
                continue
            except Misuse as error:
                self.board.finish(f"refused: {error}", "refused")
                self.refused.append(str(error))
                return
            if finished.cut_off is not None:
                self.board.interrupted()
                return

    def _carried_out(self, number: int, scenario: Scenario, showing: Showing) -> FinishedRun:
        conductor = DrillConductor(self.drill, self.drill.scenarios[number - 1], scenario, self.board)

        @contextmanager
        def watching(run: RunFolder) -> Iterator[Tell]:
            self.board.attach(run)
            self.follower = Follower(scenario, self.board, run)
            with ExitStack() as stack:
                stack.enter_context(self.follower.following())
                tell = stack.enter_context(showing(run))

                def both(text: str) -> None:
                    self.board.tell(text)
                    tell(text)

                yield both

        finished = carry_out(scenario, self.where, watching, conductor)
        self.finished.append(finished)
        self.board.finish(_said(finished))
        try:
            write(finished.folder.load(), finished.judgement, finished.folder.path)
        except (SquallError, OSError) as error:
            raise HarnessFailed(f"writing the report of {finished.folder.path}: {error}") from error
        return finished

    def _bars(self) -> str:
        return self.follower.bars() if self.follower is not None else "no scenario is under way"

    def _outcome(self) -> str:
        counts = Counter(each.judgement.verdict for each in self.finished)
        said = ", ".join(f"{number} {verdict.name}" for verdict, number in sorted(counts.items())) or "nothing was run"
        return f"{self.board.why_aborted()}; {said}" if self.board.aborted is not None else said

    def _exit_code(self) -> int:
        judged = [each.judgement for each in self.finished]
        if any(judgement.not_undone for judgement in judged):
            return ExitCode.NOT_UNDONE
        if self.board.aborted is not None:
            return ExitCode.ABORTED
        if not judged or self.refused:
            return ExitCode.MISUSE
        return ExitCode[max(judgement.verdict for judgement in judged).name]


def _said(finished: FinishedRun) -> str:
    judgement = finished.judgement
    left = f"; NOT UNDONE: {'; '.join(judgement.not_undone)}" if judgement.not_undone else ""
    return f"{judgement.verdict.name}{left}"
