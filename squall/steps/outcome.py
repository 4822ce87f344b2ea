"""What a judged scenario raises in pytest: one exception, with the worst finding in its first line."""

from squall.record import Judgement
from squall.verdict import Finding, Verdict


class Broken(AssertionError):
    """A promise did not hold."""


class Inconclusive(Exception):
    """The run proves nothing, or not enough."""


class NotUndoneFailure(Exception):
    """Something that the run did still stands."""


def failure(judgement: Judgement) -> Exception | None:
    """Return what the item fails with; None if all held and all was undone."""
    if judgement.not_undone:
        return NotUndoneFailure("NOT UNDONE: " + "; ".join(judgement.not_undone))
    exception = finding_failure(judgement.headline) if judgement.verdict is not Verdict.HELD else None
    return exception


def finding_failure(finding: Finding) -> Exception | None:
    """Return what one claim fails with; None if it held."""
    if finding.verdict is Verdict.HELD:
        return None
    text = f"{finding.claim}: {finding.reason}"
    if finding.verdict is Verdict.BROKEN:
        return Broken(f"BROKEN: {text}")
    return Inconclusive(f"INCONCLUSIVE ({finding.cause}): {text}")
