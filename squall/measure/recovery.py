"""When users were served well again, for good: by the requests of one kind, or by users and probes alike. Pure."""

import math
from dataclasses import dataclass, replace

from squall.figures import counted
from squall.interval import Interval
from squall.measure.excess import SURE, allowance, cores, excess
from squall.measure.outages import edges, rest_is_bad, unnoticed_until
from squall.measure.percentiles import enough
from squall.measure.witness import Witness, witness
from squall.record.columns import Bools
from squall.record.folder import Record
from squall.record.plan import Objective

# By so much (s) the hold length may be missed: the clean-up begins by a clock that is read after the fact.
_SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Recovery:
    """Since when the objective is kept: ``low`` if nothing unknown was bad, ``high`` at the latest; why not sure.

    ``high`` is infinite where it was not seen to be kept for the hold length, up to the end of what was observed.
    ``stretches`` is how many bad stretches came before it: more than one are relapses.
    """

    when: Interval
    stretches: int = 0
    doubt: str = ""


def observed(record: Record) -> float:
    """Return when observing ended: with the clean-up, or with the last that was seen of a run that goes on."""
    undone = record.phase("undo")
    if undone is not None:
        return undone
    return max((float(each.intended[-1]) for each in (record.requests, record.probes) if len(each)), default=0.0)


def recovered(record: Record, since: float, until: float, floor: bool = True) -> Recovery:
    """Return when users and probes, each for themselves, were served well for good. No probes at all decide nothing.

    ``floor``: count what may have gone unnoticed after ``since``; without, only what showed.
    """
    plan = record.plan
    found = []
    for who, samples in (("users", record.requests), ("probes", record.probes)):
        if len(samples) or who == "users":
            seen = witness(samples, since, until, plan.objective.latency)
            found.append(_named(who, kept_again(seen, plan.objective, plan.hold, floor)))
    when = found[0].when
    for each in found[1:]:
        when = when.later(each.when)
    last = max(found, key=lambda each: (each.when.high, each.when.low))
    return replace(last, when=when, doubt="; ".join(each.doubt for each in found if each.doubt))


def ill(record: Record, since: float, until: float) -> bool:
    """Say whether users or probes were surely served worse than the objective allows at some time in between."""
    plan = record.plan
    seen = [witness(each, since, until, plan.objective.latency) for each in (record.requests, record.probes)]
    return any(kept_again(each, plan.objective, plan.hold).stretches for each in seen)


def _named(who: str, found: Recovery) -> Recovery:
    return replace(found, doubt=f"{who}: {found.doubt}") if found.doubt else found


def kept_again(seen: Witness, objective: Objective, hold: float, floor: bool = True) -> Recovery:
    """Return the start of the good stretch that goes on to the end of what was seen.

    It begins after the last stretch of excess, of failures or of slow requests; failed ones are slow, too.
    """
    parts = (
        (seen.failed, seen.failed | seen.unknown, 1 - objective.success / 100),
        (seen.slow, seen.perhaps_slow, 1 - objective.percentile / 100),
    )
    low = max(_last(seen, surely, allowed) for surely, _, allowed in parts)
    high = max(_over(seen, perhaps, allowed) for _, perhaps, allowed in parts)
    count = max(len(excess(surely, allowed, more=SURE)) for surely, _, allowed in parts)
    doubt = _doubt(seen, objective, high, hold)
    if not doubt and floor and high <= seen.start:
        high = unnoticed_until(seen)
    return Recovery(Interval(low, math.inf if doubt else max(low, high)), count, doubt)


def _last(seen: Witness, bad: Bools, allowed: float) -> float:
    found = cores(bad, allowed)
    return float(seen.at[found[-1].last]) if found else seen.start


def _over(seen: Witness, bad: Bools, allowed: float) -> float:
    found = excess(bad, allowed)
    return edges(seen, bad, found[-1], allowed)[1] if found else seen.start


def _doubt(seen: Witness, objective: Objective, high: float, hold: float) -> str:
    """Say why the stretch that begins at ``high`` does not show that the objective is kept, or nothing."""
    rest = seen.after(high)
    if seen.end - high < hold - _SLACK:
        return f"not kept for {hold:g}s before the observation ended"
    # One more or less lies on the window's edge.
    if (seen_last := seen.after(seen.end - hold).known + 1) < (needed := enough(objective.percentile)):
        return f"{counted(seen_last, 'sample')} in {hold:g}s, {needed} needed"
    for bad, share in ((rest.failed | rest.unknown, objective.success), (rest.perhaps_slow, objective.percentile)):
        if rest_is_bad(bad, 1 - share / 100):
            allowed = allowance(len(bad), 1 - share / 100)
            return f"{int(bad.sum())} of {len(bad)} failed, were slow or are unknown, {allowed} allowed"
    return ""
