"""``the alert "errors above 10%" fires within 3m``."""

import math
from dataclasses import dataclass

from squall.claims.claim import at_most, undecided
from squall.interval import Interval
from squall.measure.alerts import first_firing, followed, without_data
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class AlertFires:
    """A rule of the system file's alert table fires within ``limit`` seconds of the onset, as Prometheus would see it.

    The limit is divided by the table's factor (``shortened``), as the rule's own durations are. How the steps of an
    evaluation fall is not known: the figure has that error.
    """

    alert: str
    limit: float
    shortened: float = 1.0

    def observation(self, hold: float) -> float:
        """Reach past the limit by some evaluations."""
        return self.limit / self.shortened + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the first evaluation at which it fires, up to the clean-up."""
        if not (found := followed(record, began, self.alert)):
            return undecided(f'the record has no alert "{self.alert}"', Cause.GAUGE_MISSING)
        (one,) = found
        first = first_firing(one.series, one.start)
        if first is not None and first.low < began.low:
            return undecided(f"{one.named} may have fired before anything was harmed", Cause.NOT_STEADY)
        step = one.rule.every
        moment = Interval(one.end, math.inf) if first is None else Interval(first.low - step, first.high + step)
        after = (moment - began).not_below(0.0)
        finding = at_most(after, self.limit / self.shortened, "s", one.count, f"{one.named} fired")
        missing = without_data(one.series, began.high, one.end)
        if missing and finding.verdict is Verdict.BROKEN:
            text = f"it had no data in {100 * missing:.0f}% of its evaluations: {finding.reason}"
            return finding.voided(Cause.GAUGE_MISSING, text)
        return finding
