"""``the failure is noticed by readiness within 5s``."""

import math
from dataclasses import dataclass

from squall.claims.claim import at_most, unwatched
from squall.interval import Interval
from squall.measure.instances import blind, dated, ready_over_time, withdrawn
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class NoticedByReadiness:
    """The platform takes a harmed instance for not ready, or withdraws it from traffic, within ``limit`` seconds."""

    limit: float

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length."""
        return self.limit + hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it is noticed, or the limit is over."""
        verdict = self.judge(record.until(known), began).verdict
        return verdict is Verdict.HELD or (verdict is Verdict.BROKEN and known - began.high > self.limit)

    def judge(self, record: Record, began: Interval) -> Finding:
        """Take the arrival of the first event that shows it, as whoever watches the platform would."""
        services = sorted({target.service for target in record.plan.targets})
        if not services:
            return Finding("", Verdict.INCONCLUSIVE, "nothing was harmed: there is nothing to notice", Cause.NO_TARGET)
        if unseen := [service for service in services if not ready_over_time(record, service)]:
            return unwatched(unseen[0])
        noticed = [withdrawn(record, service, began.low) for service in services]
        seen = [moment for moment in noticed if moment is not None]
        until = record.phase("undo") or began.high + record.plan.observation
        figure = dated(blind(record), min(seen)) if seen else Interval(until, math.inf)
        return at_most((figure - began).not_below(0.0), self.limit, "s", len(seen), "noticed by readiness")
