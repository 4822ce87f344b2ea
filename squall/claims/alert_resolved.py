"""``the alert "errors above 10%" is resolved within 2m of its end``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, never_ended, undecided
from squall.interval import Interval
from squall.measure.alerts import first_firing, followed, last_firing, without_data
from squall.measure.harm import ended
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class AlertResolved:
    """A rule that fired no longer does, ``limit`` seconds after the harm's end at the latest, and not again.

    The limit is divided by the table's factor (``shortened``), as the rule's own durations are. A rule that never fired
    has nothing to resolve, and one that is without data is not known to be resolved.
    """

    alert: str
    limit: float
    shortened: float = 1.0
    of_its_end: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit / self.shortened + hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the last evaluation at which it fires, up to the clean-up."""
        if not (found := followed(record, began, self.alert)):
            return undecided(f'the record has no alert "{self.alert}"', Cause.GAUGE_MISSING)
        if (end := ended(record)) is None:
            return never_ended(record)
        (one,) = found
        first, last = first_firing(one.series, began.low), last_firing(one.series, began.low)
        if first is None or last is None or math.isinf(first.high):
            return undecided(f"{one.named} is not known to have fired: nothing was there to resolve", Cause.NO_EFFECT)
        step = one.rule.every
        high = last.high + step if last.high + step < one.end else math.inf
        after = (Interval(last.low, high) - end).not_below(0.0)
        finding = at_most(after, self.limit / self.shortened, "s", one.count, f"{one.named} fired until")
        if (missing := without_data(one.series, end.high, one.end)) and finding.verdict is Verdict.HELD:
            return finding.voided(
                Cause.GAUGE_MISSING, f"it had no data in {100 * missing:.0f}% of its evaluations: {finding.reason}"
            )
        if math.isinf(high) and finding.verdict is Verdict.INCONCLUSIVE:
            return finding.voided(
                Cause.TOO_FEW_SAMPLES, f"it fired to the clean-up, which was too soon: {finding.reason}"
            )
        return finding
