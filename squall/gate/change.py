"""Whether figures changed between two sets of runs, by more than their bounds and than chance makes them. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev

from squall.figures import counted, written
from squall.gate.baseline import Baseline, BaselineRun, ClaimFigure
from squall.gate.student import two_sided
from squall.interval import Interval
from squall.verdict import Side, Verdict

# Of all changes that one comparison names, so many are chance at the most: it is shared between its figures.
CHANCE = 0.01
# From fewer runs nothing is known of how much they differ by themselves.
ENOUGH = 3


class ChangeKind(StrEnum):
    """What became of a figure."""

    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"
    SAME = "no difference"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure of one scenario, ``before`` and ``now``, over all runs.

    ``change`` (in ``unit``) holds the difference of their means with every error; ``noise`` is the part of that error
    that repeated runs of the baseline show. ``noise`` and ``change`` are None where the baseline has too few runs.
    """

    scenario: str
    claim: str
    unit: str
    kind: ChangeKind
    reason: str
    before: Interval | None = None
    now: Interval | None = None
    noise: float | None = None
    change: Interval | None = None

    def __str__(self) -> str:
        figures = ""
        if self.before is not None and self.now is not None:
            figures = f"{written(self.before, self.unit)} before, {written(self.now, self.unit)} now; "
        return f"{self.scenario}: {self.kind}: {figures}{self.reason} — “{self.claim}”"


def changes(before: Baseline, now: Baseline) -> list[FigureChange]:
    """Return one for each figure that both have, and for each scenario whose runs cannot be compared, saying why."""
    pairs: list[tuple[str, ClaimFigure, list[Interval], list[Interval]]] = []
    found: list[FigureChange] = []
    for scenario in _scenarios(now):
        old, new = _of(before, scenario), _of(now, scenario)
        if why := _not_comparable(old, new):
            found.append(FigureChange(scenario[1], "", "", ChangeKind.UNKNOWN, why))
            continue
        found += _verdicts(scenario[1], old, new)
        for claim in _claims(new):
            was, is_now = _intervals(old, claim), _intervals(new, claim)
            if was and is_now:
                pairs.append((scenario[1], claim, was, is_now))
            else:
                why = f"no run {'of the baseline' if not was else 'now'} has a figure of it"
                found.append(FigureChange(scenario[1], claim.claim, claim.unit, ChangeKind.UNKNOWN, why))
    return found + [_changed(*pair, level=1 - CHANCE / len(pairs)) for pair in pairs]


def _scenarios(runs: Baseline) -> list[tuple[str, str]]:
    return list(dict.fromkeys((each.of.feature, each.of.scenario) for each in runs.runs))


def _of(runs: Baseline, scenario: tuple[str, str]) -> list[BaselineRun]:
    return [each for each in runs.runs if (each.of.feature, each.of.scenario) == scenario]


def _not_comparable(old: Sequence[BaselineRun], new: Sequence[BaselineRun]) -> str:
    if not old:
        return "the baseline has no run of it"
    first = old[0]
    return next((why for each in (*old, *new) if (why := first.of.other(each.of))), "")


def _verdicts(scenario: str, old: Sequence[BaselineRun], new: Sequence[BaselineRun]) -> Iterator[FigureChange]:
    """Yield that what always held broke; that is no matter of noise, and of figures only where there are any."""
    broken = sum(each.verdict is Verdict.BROKEN for each in new)
    if broken and all(each.verdict is Verdict.HELD for each in old):
        reason = f"{broken} of {counted(len(new), 'run')} BROKEN, and all {len(old)} of the baseline HELD"
        yield FigureChange(scenario, "all that is claimed", "", ChangeKind.WORSE, reason)


def _claims(runs: Sequence[BaselineRun]) -> list[ClaimFigure]:
    return list({figure.claim: figure for run in runs for figure in run.figures}.values())


def _intervals(runs: Sequence[BaselineRun], claim: ClaimFigure) -> list[Interval]:
    return [one.figure for run in runs for one in run.figures if (one.claim, one.unit) == (claim.claim, claim.unit)]


def _changed(
    scenario: str, claim: ClaimFigure, was: Sequence[Interval], now: Sequence[Interval], *, level: float
) -> FigureChange:
    noise = noise_band(was, now, level)
    before, after = _hull(was), _hull(now)
    if noise is None:
        few = f"the baseline has {counted(len(was), 'run')} of it, and its noise is known from {ENOUGH} on"
        return FigureChange(scenario, claim.claim, claim.unit, ChangeKind.UNKNOWN, few, before, after)
    change = _difference(was, now, noise)
    kind = _kind(change, claim.side)
    band = f"noise of {counted(len(was), 'run')} of the baseline ±{noise:.3g} {claim.unit}".rstrip()
    reason = f"changed by {_signed(change)} {claim.unit}".rstrip() + f" ({band})"
    return FigureChange(scenario, claim.claim, claim.unit, kind, reason, before, after, noise, change)


def noise_band(was: Sequence[Interval], now: Sequence[Interval], level: float) -> float | None:
    """Return how far the difference of the two means may be from 0 by chance; None: there are too few runs to know.

    Student's interval for the difference of two means, with the spread of the baseline's runs. Where that of the runs
    now is known and larger, both: with Welch's degrees of freedom (Biometrika 34, 1947), rounded down.
    """
    if len(was) < ENOUGH or any(math.isinf(one.high) for one in was):
        return None
    of_before, freedom = stdev(one.middle for one in was) ** 2, len(was) - 1
    of_now = of_before
    if len(now) >= ENOUGH and not any(math.isinf(one.high) for one in now):
        of_now = max(of_before, stdev(one.middle for one in now) ** 2)
    mean_before, mean_now = of_before / len(was), of_now / len(now)
    if of_now > of_before:
        parts = mean_before**2 / (len(was) - 1) + mean_now**2 / (len(now) - 1)
        freedom = max(1, math.floor((mean_before + mean_now) ** 2 / parts))
    return two_sided(level, freedom) * math.sqrt(mean_before + mean_now)


def _difference(was: Sequence[Interval], now: Sequence[Interval], noise: float) -> Interval:
    """Return the range of the change of the mean: the bounds of both, and the noise, add up."""
    low = fmean(one.low for one in now) - fmean(one.high for one in was) - noise
    high = fmean(one.high for one in now) - fmean(one.low for one in was) + noise
    return Interval(low, high)


def _kind(change: Interval, side: Side | None) -> ChangeKind:
    if change.low <= 0 <= change.high:
        return ChangeKind.SAME
    if side is None:
        return ChangeKind.CHANGED
    return ChangeKind.WORSE if (change.low > 0) == (side is Side.AT_MOST) else ChangeKind.BETTER


def _hull(of: Sequence[Interval]) -> Interval:
    return Interval(min(one.low for one in of), max(one.high for one in of))


def _signed(change: Interval) -> str:
    return f"{change.low:+.3g} to {change.high:+.3g}"
