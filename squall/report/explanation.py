"""What a verdict rests on, claim by claim, and how far it is from another one. Pure: it reads a record."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from squall.figures import amount, counted, written
from squall.measure.harm import onset
from squall.record.folder import Record
from squall.record.judgement import Judgement
from squall.report import evidence
from squall.report.failures import behind
from squall.report.summary import done, proofs, reasons
from squall.report.wording import MARKS, verdict
from squall.verdict import Cause, Finding, Side, Verdict

_MEND = {
    Cause.NO_TARGET: "a service with as many instances as the scenario harms",
    Cause.NO_EFFECT: "a harm that bites: see what was read at the target, above",
    Cause.NOT_STEADY: "a system that keeps its objective for the steady window before anything is harmed",
    Cause.ENDED_EARLY: "a harm that lasts as long as the scenario says",
    Cause.HARNESS_ERROR: "a run in which squall's own processes live to its end",
    Cause.CLOCK_JUMP: "a machine that is not suspended or stopped meanwhile",
    Cause.PROBER_LATE: "a machine with more time for the prober, or a lower probe.rate in system.yaml",
    Cause.CHANGED_BY_OTHERS: "a run in which nobody else changes the system",
    Cause.ABORTED: "a run that is left to its end",
    Cause.LOAD_SHORT: "a machine with more time for the load, or a lower rate",
    Cause.TOO_FEW_SAMPLES: "more samples: a higher rate, or a longer window",
    Cause.TOO_CLOSE: "a limit on one side of the whole figure, or more samples, which narrow it",
    Cause.INCOMPLETE: "a run whose record is whole",
    Cause.MACHINE_SLOW: "a machine that leaves squall and the system the processor that they ask for",
    Cause.GAUGE_MISSING: "what the claim is about being shown: instances, a gauge, the calls to a service",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one finding rests on. ``needed`` says what would have made it HELD or BROKEN, ``margin`` is in its unit.

    ``margin`` is the distance of the figure's nearer end from the limit: positive inside the limit, negative beyond;
    None without a figure or a limit. ``failures`` says why requests failed, where the claim is about what users got.
    """

    claim: str
    verdict: str
    reason: str
    figure: str
    limit: str
    margin: float | None
    unit: str
    samples: int
    needed: Sequence[str]
    platform: Sequence[str] = ()
    failures: Sequence[str] = ()


def explanations(record: Record, judgement: Judgement) -> list[Explanation]:
    """Return one for each finding, those that squall adds to each run last."""
    found = [_explained(finding, record) for finding in judgement.findings]
    return [*found, *(_explained(finding, record) for finding in judgement.built_in)]


def lines(record: Record, found: Sequence[Explanation]) -> Iterator[str]:
    """Yield the lines of ``squall show --why``."""
    yield "What was done, and how it is known"
    yield from (f"  {text}" for text in (done(record), *proofs(record), began(record)) if text)
    yield "What it was measured with"
    yield from (f"  {label:<10}{text}" for label, text in reasons(record))
    for one in found:
        yield f"{MARKS[Verdict[one.verdict]]} {one.verdict}: {one.claim}"
        for label, texts in rows(one):
            yield from (f"    {'' if number else label:<11}{text}" for number, text in enumerate(texts))


def rows(one: Explanation) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what an explanation says, each with a short name; what it does not say is left out."""
    told = [
        ("because", [one.reason]), ("figure", [one.figure]), ("limit", [one.limit]), ("distance", [_distance(one)]),
        ("rests on", [counted(one.samples, "sample") if one.samples else ""]), ("failed", one.failures),
        ("meanwhile", one.platform), ("otherwise", one.needed),
    ]  # fmt: skip
    for label, texts in told:
        if said := [text for text in texts if text]:
            yield label, said


def _distance(one: Explanation) -> str:
    if one.margin is None:
        return ""
    side = "inside" if one.margin >= 0 else "beyond"
    return f"{_side(abs(one.margin), one.unit, up=False)} {side} the limit"


def began(record: Record) -> str:
    """Say between which moments the harm began; empty without a harm that was proven."""
    when = onset(record)
    if when is None or not evidence.harms(record):
        return ""
    spread = f"{(when.high - when.low) * 1000:.3g} ms"
    return f"the onset lies between {_wall(record, when.low)} and {_wall(record, when.high)} UTC ({spread})"


def _wall(record: Record, t: float) -> str:
    return f"{record.plan.wall(t):%H:%M:%S.%f}"


def _explained(finding: Finding, record: Record) -> Explanation:
    side = finding.measured.side
    upper = None if side is None else side is Side.AT_MOST
    has_limit = finding.limit is not None and finding.figure is not None
    return Explanation(
        claim=finding.claim,
        verdict=finding.verdict.name,
        reason=f"{verdict(finding)}: {finding.reason}" if finding.cause else finding.reason,
        figure=_figure(finding, record),
        limit="" if finding.limit is None else amount(finding.limit, finding.unit),
        margin=_margin(finding, upper) if has_limit and upper is not None else None,
        unit=finding.unit,
        samples=finding.samples,
        needed=list(_needed(finding, upper)),
        platform=list(finding.platform),
        failures=behind(finding, record),
    )


def _figure(finding: Finding, record: Record) -> str:
    if finding.figure is None:
        return ""
    return written(finding.figure, finding.unit, finding.limit, record.plan.observation)


def _margin(finding: Finding, upper: bool) -> float | None:
    if finding.figure is None or finding.limit is None:
        return None
    inside, beyond = finding.figure.high, finding.figure.low
    if not upper:
        inside, beyond = beyond, inside
    end = beyond if finding.verdict is Verdict.BROKEN else inside
    distance = finding.limit - end if upper else end - finding.limit
    return distance if math.isfinite(distance) else None


def _needed(finding: Finding, upper: bool | None) -> Iterator[str]:
    cause, measured = finding.cause, finding.figure
    if cause is not None:
        yield f"decided by {_MEND[cause]}"
    if measured is None or finding.limit is None or upper is None or (cause is not None and cause.voids_all):
        return
    word = "or more" if upper else "or less"
    held, broken = (measured.high, measured.low) if upper else (measured.low, measured.high)
    if finding.verdict is not Verdict.HELD:
        yield (
            "HELD by no limit: no end was seen"
            if math.isinf(held)
            else (f"HELD with a limit of {_side(held, finding.unit, upper)} {word}")
        )
    if finding.verdict is not Verdict.BROKEN and not math.isinf(broken):
        yield _broken(broken, finding.unit, upper)


def _broken(value: float, unit: str, upper: bool) -> str:
    if upper and value <= 0:
        return "BROKEN by no limit: the figure may be 0"
    if not upper and unit == "%" and value >= 100:
        return "BROKEN by no limit: the figure may be 100%"
    return f"BROKEN with a limit {'below' if upper else 'above'} {_side(value, unit, not upper)}"


def _side(value: float, unit: str, up: bool) -> str:
    """Write a number of four figures, rounded up or down so that what is said of it stays true."""
    if value == 0:
        return amount(0.0, unit)
    scale = 10.0 ** (3 - math.floor(math.log10(abs(value))))
    return amount((math.ceil if up else math.floor)(value * scale - (1e-9 if up else -1e-9)) / scale, unit)
