"""How findings are written for people: one line each, with the figure, its limit and the claim."""

from squall.figures import amount, at_best, written
from squall.record.plan import Plan
from squall.record.trial import TrialResult
from squall.verdict import Cause, Finding, Side, Verdict

MARKS = {Verdict.HELD: "✓", Verdict.BROKEN: "✗", Verdict.INCONCLUSIVE: "?"}


def verdict(found: Finding | TrialResult) -> str:
    """Write the verdict with its cause: ``INCONCLUSIVE (no effect)``."""
    return f"{found.verdict.name} ({found.cause})" if found.cause else found.verdict.name


def held_against(finding: Finding, observation: float | None = None) -> str:
    """Write the figure and its limit, or why there is none: ``7.9 s ± 0.2 s, limit 5 s``."""
    if finding.figure is None:
        return finding.reason
    text = written(finding.figure, finding.unit, finding.limit, observation)
    if _voided(finding):
        return f"{finding.reason}; what was seen: {text}"
    return text if finding.limit is None else f"{text}, limit {amount(finding.limit, finding.unit)}"


def detail(finding: Finding) -> str:
    """Return what the reason says beyond the figure and its limit; empty if that is nothing."""
    if finding.figure is None or _voided(finding):
        return ""
    withdrawn = finding.cause not in {None, Cause.TOO_CLOSE}
    return finding.reason if withdrawn or not finding.measured.what else finding.measured.what


def line(finding: Finding, observation: float | None = None) -> str:
    """Write a finding in one line: ``BROKEN: 7.9 s ± 0.2 s, limit 5 s — “requests fail for no longer than 5s”``."""
    text = finding.reason if _voided(finding) else _at_best(finding) or held_against(finding, observation)
    return " ".join(f"{verdict(finding)}: {text} — “{finding.claim}”".split())


def _at_best(finding: Finding) -> str:
    """Write how far a broken claim is beyond its limit at the least, where its figure is wide; empty: it is not."""
    figure, limit, side = finding.figure, finding.limit, finding.measured.side
    if finding.verdict is not Verdict.BROKEN or figure is None or limit is None or side is None or figure.error == 0:
        return ""
    text = at_best(figure, finding.unit, limit, side is Side.AT_MOST)
    wide = text.startswith(("at most", "at least"))
    return f"{text}, limit {amount(limit, finding.unit)}" if wide else ""


def _voided(finding: Finding) -> bool:
    return finding.cause is not None and finding.cause.voids_all


def arrivals(plan: Plan) -> str:
    """Say how users came where that is not evenly at one rate, and what a closed loop hides; empty: it is."""
    load = plan.load
    by = f"; sent by {load.workers} workers on one clock, so that no error is added" if load.workers > 1 else ""
    if load.pace == "closed":
        return f"closed loop: latency under overload is understated; {load.describe(plan.rate)}{by}"
    plain = load.pace == "even" and not load.stages and not load.kinds and not by
    seed = f" (seed {plan.seed})" if load.pace == "random" else ""
    return "" if plain else f"{load.describe(plan.rate)}{seed}{by}"
