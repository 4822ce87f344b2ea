"""The table of ``squall power``: promise, scenario, verdict, twin, and the claim that found it."""

from collections.abc import Iterator, Sequence

from squall.record.trial import TrialResult
from squall.report.wording import verdict
from squall.verdict import Verdict

HEAD = ("promise", "scenario", "weakness", "verdict", "broken by")


def rows(results: Sequence[TrialResult]) -> list[tuple[str, ...]]:
    """Return a row for each trial; the weakness of the healthy system is a dash."""
    return [(", ".join(each.promises) or "-", each.scenario, each.weakness or "-", _verdict(each), _by(each))
            for each in results]  # fmt: skip


def _verdict(result: TrialResult) -> str:
    return verdict(result) if result.as_promised else f"{verdict(result)}, not as promised"


def _by(result: TrialResult) -> str:
    if not result.weakness:
        return "; ".join(result.broken) or "-"
    others = [claim for claim in result.broken if claim != result.breaks]
    found = [result.breaks] if result.breaks in result.broken else [f"NOT by: {result.breaks}"]
    return "; ".join([*found, *(f"also {claim}" for claim in others)])


def table(results: Sequence[TrialResult]) -> str:
    """Return the trials as aligned columns under a head."""
    lines = [HEAD, *rows(results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                     for line in lines)  # fmt: skip


def numbers(results: Sequence[TrialResult]) -> Iterator[str]:
    """Yield the sums: healthy systems that held, and weaknesses that were found."""
    healthy = [each for each in results if not each.weakness]
    twins = [each for each in results if each.weakness]
    if healthy:
        yield f"{sum(each.as_promised for each in healthy)} of {len(healthy)} scenarios HELD on the healthy system"
    if twins:
        found = sum(each.as_promised for each in twins)
        yield f"{found} of {len(twins)} weaknesses found by the claim that is about them"
        other = [each for each in twins if each.verdict is Verdict.BROKEN and not each.as_promised]
        if other:
            yield f"{len(other)} found by another claim only: {', '.join(each.weakness for each in other)}"
    yield f"{sum(each.seconds for each in results) / 60:.1f} min of runs"
