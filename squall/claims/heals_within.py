"""``"api" heals by itself within 30s``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, decided, unwatched
from squall.figures import amount
from squall.interval import Interval
from squall.measure.harm import last_onset
from squall.measure.instances import blind, dated, ready_over_time, restored
from squall.measure.windows import recovered
from squall.record.event import HarmEnding
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict


@dataclass(frozen=True, slots=True)
class HealsWithin:
    """A service heals by itself: users served well and instances restored, with nothing undone by squall.

    Counted from the onset to the later of the two, while the harm stands or after one that was done in an instant;
    from the last onset, if the harm is composed of several. ``limit`` in seconds.
    """

    service: str
    limit: float
    while_it_stands: ClassVar[bool] = True

    def observation(self, hold: float) -> float:
        """Reach past the limit by the hold length that proves recovery."""
        return self.limit + hold

    def settled(self, record: Record, began: Interval, known: float) -> bool:
        """Be settled once it has healed, for the hold length, or can no longer have healed in time."""
        return decided(self.judge(record.until(known), began))

    def judge(self, record: Record, began: Interval) -> Finding:
        """Judge the later of users' recovery and the platform's, both before the harm was ended and anything undone."""
        since = last_onset(record) or began
        ends = [event.t for event in record.events(HarmEnding) if event.t > since.low]
        until = min([record.phase("undo") or math.inf, *ends])
        return healed(record, self.service, Span(since, until), self.limit, "healed")


@dataclass(frozen=True, slots=True)
class Span:
    """When healing counts: from a moment on, and before another."""

    since: Interval
    until: float


def healed(record: Record, service: str, span: Span, limit: float, what: str) -> Finding:
    """Hold the time until users are served well and a service's instances are restored to a limit (s)."""
    if not ready_over_time(record, service):
        return unwatched(service)
    since, until = span.since, span.until
    seen = [s.intended for s in (*record.requests, *record.probes) if s.intended >= since.low]
    users = _before(recovered(record, since.low), min(until, max(seen, default=0.0)) - record.plan.hold)
    platform = restored(record, service, since.low)
    hidden = blind(record)
    seen_back = None if platform is None else dated(hidden, platform).not_below(since.low)
    instances = _before(seen_back, until)
    figure = (users.later(instances) - since).not_below(0.0)
    slower = "users" if users.high >= instances.high else "instances"
    finding = at_most(figure, limit, "s", len(seen), f"{what} ({slower} last)")
    if finding.verdict is Verdict.INCONCLUSIVE and hidden and instances.error and slower == "instances":
        return finding.voided(Cause.GAUGE_MISSING, f"the harm kept the platform from being seen: {finding.reason}")
    if finding.verdict is Verdict.INCONCLUSIVE and math.isinf(figure.high):
        reason = f"too few samples to see within {amount(limit, 's')} whether it {what}"
        return finding.voided(Cause.TOO_FEW_SAMPLES, reason)
    return finding


def _before(moment: Interval | None, until: float) -> Interval:
    """Return the moment if it came in time, else that it came later than ``until``.

    What came after the clean-up began is no healing by itself, and what came after the last sample was not seen.
    """
    if moment is None or moment.low > until:
        return Interval(until, math.inf) if math.isfinite(until) else Interval(0.0, math.inf)
    return moment if moment.high <= until else Interval(moment.low, math.inf)
