"""What a judged scenario raises in pytest: one exception, with the worst finding in its first line."""

from squall.record.judgement import Judgement
from squall.report.allure import as_error
from squall.verdict import Verdict


class NotUndoneFailure(Exception):
    """Something that the run did is still active."""


def failure(judgement: Judgement) -> BaseException | None:
    """Return what the item fails with; None if all held and all was undone.

    An AssertionError says BROKEN and any other exception INCONCLUSIVE: reports show them as failed and as broken.
    """
    if judgement.not_undone:
        return NotUndoneFailure("NOT UNDONE: " + "; ".join(judgement.not_undone))
    return as_error(judgement.headline) if judgement.verdict is not Verdict.HELD else None
