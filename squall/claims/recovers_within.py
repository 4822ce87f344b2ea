"""``"api" recovers within 30s of its end``."""

from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import decided, never_ended
from squall.claims.heals_within import Span, healed
from squall.interval import Interval
from squall.measure.harm import ended
from squall.measure.recovery import observed
from squall.record.folder import Record
from squall.verdict import Finding


@dataclass(frozen=True, slots=True)
class RecoversWithin:
    """A service recovers once the harm is over as the scenario states: without a person, and without squall.

    Counted from the harm's end to the later of users' recovery and the platform's; ``limit`` in seconds.
    """

    service: str
    limit: float
    of_its_end: ClassVar[bool] = True
    of_users: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length that proves recovery."""
        return self.limit + hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it has recovered, for the hold length, or can no longer have recovered in time."""
        return decided(self.judge(record.until(known), began))

    def judge(self, record: Record, began: Interval) -> Finding:
        """Judge what came after the end and before the clean-up; a harm that did not end as stated decides nothing."""
        if (end := ended(record)) is None:
            return never_ended(record)
        return healed(record, self.service, Span(end, max(end.high, observed(record))), self.limit, "recovered")
