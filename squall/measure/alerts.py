"""What the rules of an alert table came to over a record, as Prometheus evaluates them. Pure, as ``measure`` is.

A rule is evaluated every so many seconds. While its condition is true it is pending, and from the first evaluation at
which it has been so for as long as the rule says (``lasting``) it fires; a condition that is not true ends both, and so
does one without data, for which there is no series. Each series has its own state: each instance's gauge is one.

What users' requests came to may not be known (their end was not seen), and a gauge may be unread. A rule is therefore
followed twice: with all that is unknown taken for good, and for bad.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from squall.interval import Interval
from squall.measure.gauges import Reading, increase, latest, readings
from squall.measure.latency import waits
from squall.measure.percentiles import percentile
from squall.record.folder import Record
from squall.record.plan import AlertPlan

# Of floats: an evaluation that is due at a moment is not one step late.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of one series at ``t``: the range of its value (None: no data), and whether it fires."""

    t: float
    value: Interval | None
    surely: bool
    perhaps: bool


Series = Mapping[str, Sequence[Evaluation]]


@dataclass(frozen=True, slots=True)
class Followed:
    """A rule, and its evaluations of a run: from the steady state on (``start``) to the clean-up (``end``)."""

    rule: AlertPlan
    series: Series
    start: float
    end: float

    @property
    def count(self) -> int:
        """How many evaluations there are, of all series."""
        return sum(map(len, self.series.values()))

    @property
    def named(self) -> str:
        """The alert, and by how much its durations are shortened."""
        by = f", durations and limits divided by {self.rule.shortened:g}" if self.rule.shortened != 1 else ""
        return f'alert "{self.rule.name}" ({self.rule.severity}{by})'


def followed(record: Record, began: Interval, name: str = "") -> list[Followed]:
    """Return the rules of a record (or that of a name), each followed from the steady state to the clean-up."""
    start = record.phase("steady") or began.low
    end = record.phase("undo") or began.high + record.plan.observation
    return [
        Followed(rule, evaluated(record, rule, start, end), start, end)
        for rule in record.plan.alerts
        if name in {"", rule.name}
    ]


def evaluated(record: Record, rule: AlertPlan, start: float, end: float) -> Series:
    """Return the evaluations of a rule in ``[start, end]``, by series (an instance; "" where there is but one)."""
    moments = np.arange(start, end + _ROUNDING, rule.every).tolist()
    return {name: list(_followed(rule, moments, values)) for name, values in _values(record, rule, moments).items()}


def first_firing(series: Series, since: float) -> Interval | None:
    """Return when a rule first fires from a moment on, as an unknown evaluation step would see it; None: never.

    The high end is infinite where it may not have fired.
    """
    perhaps = [each.t for of in series.values() for each in of if each.perhaps and each.t >= since]
    surely = [each.t for of in series.values() for each in of if each.surely and each.t >= since]
    return Interval(min(perhaps), min(surely) if surely else float("inf")) if perhaps else None


def last_firing(series: Series, since: float) -> Interval | None:
    """Return the last evaluation at which a rule surely fires, and at which it perhaps does; None: it never does."""
    perhaps = [each.t for of in series.values() for each in of if each.perhaps and each.t >= since]
    surely = [each.t for of in series.values() for each in of if each.surely and each.t >= since]
    return Interval(max(surely, default=since), max(perhaps)) if perhaps else None


def without_data(series: Series, start: float, end: float) -> float:
    """Return in which share of the evaluations of a time no series had data, from 0 to 1; 1 if there was none."""
    seen: dict[float, bool] = {}
    for of in series.values():
        for each in of:
            if start <= each.t <= end:
                seen[each.t] = seen.get(each.t, False) or each.value is not None
    return 1 - sum(seen.values()) / len(seen) if seen else 1.0


def _followed(rule: AlertPlan, moments: Sequence[float], values: Sequence[Interval | None]) -> Iterator[Evaluation]:
    """Follow one series from evaluation to evaluation."""
    sure_since = perhaps_since = None
    for t, value in zip(moments, values, strict=True):
        surely, perhaps = _true(rule, value)
        sure_since = (t if sure_since is None else sure_since) if surely else None
        perhaps_since = (t if perhaps_since is None else perhaps_since) if perhaps else None
        yield Evaluation(t, value, _lasts(rule, sure_since, t), _lasts(rule, perhaps_since, t))


def _lasts(rule: AlertPlan, since: float | None, t: float) -> bool:
    return since is not None and t - since >= rule.lasting - _ROUNDING


def _true(rule: AlertPlan, value: Interval | None) -> tuple[bool, bool]:
    """Say whether a condition is surely true, and whether it may be."""
    if value is None:
        return False, False
    if rule.below:
        return value.high < rule.limit, value.low < rule.limit
    return value.low > rule.limit, value.high > rule.limit


def _values(record: Record, rule: AlertPlan, moments: Sequence[float]) -> Mapping[str, Sequence[Interval | None]]:
    if rule.source == "gauge":
        of = readings(record, rule.service, rule.gauges[0])
        return {name: [_exact(latest(each, t)) for t in moments] for name, each in of.items()}
    if rule.source == "share":
        part = [_all(record, rule.service, name) for name in rule.gauges]
        whole = [_all(record, rule.service, name) for name in rule.among]
        return {"": [_share(part, whole, t - rule.over, t) for t in moments]}
    return {"": list(_of_users(record, rule, moments))}


def _of_users(record: Record, rule: AlertPlan, moments: Sequence[float]) -> Iterator[Interval | None]:
    """Yield the share of failures, or the percentile of the waits, of what ended in each window."""
    seen = record.requests
    # Where no end was seen it came, if it did, after the sending; a counter of the system would have it then.
    at = np.where(seen.known, seen.done, seen.intended)
    order = np.argsort(at, kind="stable")
    at, failed, known = at[order], seen.failed[order], seen.known[order]
    least, most = (values[order] for values in waits(seen))
    for t in moments:
        low, high = np.searchsorted(at, (t - rule.over, t), side="right")
        if low == high:
            yield None
        elif rule.source == "errors":
            bad, open_ = int(failed[low:high].sum()), int((~known[low:high]).sum())
            yield Interval(100 * bad / (high - low), 100 * (bad + open_) / (high - low))
        else:
            yield Interval(percentile(least[low:high], rule.percentile), percentile(most[low:high], rule.percentile))


def _exact(value: float | None) -> Interval | None:
    return None if value is None else Interval.exact(value)


def _all(record: Record, service: str, gauge: str) -> Sequence[Sequence[Reading]]:
    return list(readings(record, service, gauge).values())


def _share(
    part: Sequence[Sequence[Sequence[Reading]]], whole: Sequence[Sequence[Sequence[Reading]]], start: float, end: float
) -> Interval | None:
    some, all_ = (
        sum(grown for of in named for each in of if (grown := increase(each, start, end)) is not None)
        for named in (part, whole)
    )
    return Interval.exact(100 * some / all_) if all_ > 0 else None
