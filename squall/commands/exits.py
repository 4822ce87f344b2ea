"""The exit codes, and how verdicts become one."""

from collections.abc import Iterable

from squall.record.judgement import Judgement
from squall.verdict import Verdict

NOT_UNDONE, MISUSE, HARNESS_FAILED, ABORTED = 3, 4, 5, 130
BY_VERDICT = {Verdict.HELD: 0, Verdict.BROKEN: 1, Verdict.INCONCLUSIVE: 2}


def worst_of(judgements: Iterable[Judgement]) -> int:
    """Return the exit code of several runs: what was left behind is worse than any finding."""
    judged = list(judgements)
    if any(judgement.not_undone for judgement in judged):
        return NOT_UNDONE
    return BY_VERDICT[max(judgement.verdict for judgement in judged)]
