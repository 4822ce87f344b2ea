"""``no alert fires``, ``nothing above "P2" fires``."""

import math
from dataclasses import dataclass

from squall.claims.claim import at_most, undecided
from squall.interval import Interval
from squall.measure.alerts import Followed, first_firing, followed, without_data
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class NoAlert:
    """No rule of the system file's alert table fires from the onset to the end of the observation.

    With ``above``, none of a severity that is graver than that. A rule that waits for longer than the observation lasts
    cannot fire in it, and the finding names it.
    """

    above: str = ""
    shortened: float = 1.0

    def observation(self, hold: float) -> float:
        """Add nothing: a negative claim lasts as long as the others make the observation."""
        return 2 * hold

    def judge(self, record: Record, began: Interval) -> Finding:
        """Count the rules that fire; one whose condition is not known may."""
        rules = [one for one in followed(record, began) if self._counts(record, one)]
        if not rules:
            what = f' above "{self.above}"' if self.above else ""
            return undecided(f"the record has no alert{what}", Cause.GAUGE_MISSING)
        firing = [(one, first_firing(one.series, began.low)) for one in rules]
        surely = [one.named for one, at in firing if at is not None and math.isfinite(at.high)]
        perhaps = [one.named for one, at in firing if at is not None]
        finding = at_most(
            Interval(len(surely), len(perhaps)), 0, "alerts", len(rules), self._said(rules, perhaps, began)
        )
        unread = [one.named for one in rules if without_data(one.series, began.high, one.end)]
        if unread and finding.verdict is Verdict.HELD:
            return finding.voided(Cause.GAUGE_MISSING, f"had no data for a time: {', '.join(unread)}")
        return finding

    def _counts(self, record: Record, one: Followed) -> bool:
        ranks = [rule.rank for rule in record.plan.alerts if rule.severity == self.above]
        return not self.above or any(one.rule.rank < rank for rank in ranks)

    def _said(self, rules: list[Followed], perhaps: list[str], began: Interval) -> str:
        slow = [one.named for one in rules if one.rule.lasting > one.end - began.high]
        parts = [f"fired of {len(rules)}", *perhaps]
        return "; ".join(
            [": ".join(parts[:2]), *parts[2:], *([f"too slow to fire: {', '.join(slow)}"] if slow else [])]
        )
