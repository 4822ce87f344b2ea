"""What commands come to: the exit code of judged runs, and what became of something that a run left."""

from collections.abc import Iterable
from dataclasses import dataclass

from squall.errors import ExitCode
from squall.record.judgement import Judgement
from squall.verdict import Verdict


def exit_code(verdict: Verdict) -> ExitCode:
    """Return the exit code of a verdict."""
    return ExitCode[verdict.name]


def worst_of(judgements: Iterable[Judgement]) -> ExitCode:
    """Return the exit code of several runs: what was left behind is worse than any finding."""
    judged = list(judgements)
    if any(judgement.not_undone for judgement in judged):
        return ExitCode.NOT_UNDONE
    return exit_code(max(judgement.verdict for judgement in judged))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing that a run left: ``state`` is undone, not undone or held (by a living harness)."""

    run: str
    about: str
    state: str
    proof: str

    def __str__(self) -> str:
        return f"{self.run}: {self.about}: {self.proof}" if self.about else f"{self.run}: {self.proof}"
