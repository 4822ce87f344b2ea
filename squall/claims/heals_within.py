"""``"api" heals by itself within 30s``."""

import math
from dataclasses import dataclass
from typing import ClassVar

from squall.claims.claim import at_most, decided, unwatched
from squall.figures import amount, counted
from squall.interval import Interval
from squall.measure.harm import last_onset, onset
from squall.measure.instances import Restored, blind, ready_over_time, restored, struck
from squall.measure.recovery import Recovery, ill, observed, recovered
from squall.measure.witness import within
from squall.record.event import HarmEnding
from squall.record.folder import Record
from squall.verdict import Cause, Finding, Verdict

_NOBODY_ILL = (
    "nothing of {service} was seen to be harmed, so nothing {what}: the fault's evidence names no instance of it, "
    "none was missing, and users and probes were served well all the time"
)


@dataclass(frozen=True, slots=True)
class HealsWithin:
    """A service heals by itself: users served well and instances restored, with nothing undone by squall.

    Counted from the onset to the later of the two, while the harm is active or after one that was done in an instant;
    from the last onset, if the harm is composed of several. ``limit`` in seconds.
    """

    service: str
    limit: float
    while_it_stands: ClassVar[bool] = True
    of_users: ClassVar[bool] = True

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
        until = min([observed(record), *ends])
        return healed(record, self.service, Span(since, until), self.limit, "healed")


@dataclass(frozen=True, slots=True)
class Span:
    """When healing counts: from a moment on, and before another."""

    since: Interval
    until: float


def healed(record: Record, service: str, span: Span, limit: float, what: str) -> Finding:
    """Hold the time until users are served well and a service's instances are restored, both for good, to a limit (s).

    Users' requests alone and probes alone must show it; what came after the clean-up began is no healing by itself.
    """
    if not ready_over_time(record, service) or not record.plan.instances.get(service):
        return unwatched(service)
    since, until = span.since, span.until
    users = recovered(record, since.low, until)
    instances = restored(record, service, since.low, until)
    figure = (users.when.later(instances.when) - since).not_below(0.0)
    slower = "users" if users.when.high >= instances.when.high else "instances"
    count = len(within(record.requests, since.low, until))
    finding = at_most(figure, limit, "s", count, f"{what} ({slower} last{_relapses(users, instances, since)})")
    if finding.verdict is Verdict.HELD and not _was_ill(record, service, until):
        return finding.voided(Cause.NO_EFFECT, _NOBODY_ILL.format(service=service, what=what))
    if decided(finding):
        return finding
    hidden = blind(record)
    if hidden and instances.when.error and slower == "instances":
        return finding.voided(Cause.GAUGE_MISSING, f"the harm kept the platform from being seen: {finding.reason}")
    if math.isinf(figure.high):
        why = users.doubt or f"instances not ready for {record.plan.hold:g}s before the observation ended"
        reason = f"too few samples to see within {amount(limit, 's')} whether it {what} ({why})"
        return finding.voided(Cause.TOO_FEW_SAMPLES, reason)
    return finding


def _was_ill(record: Record, service: str, until: float) -> bool:
    began = onset(record)
    return began is None or struck(record, service) or ill(record, began.low, until)


def _relapses(users: Recovery, instances: Restored, since: Interval) -> str:
    """Say how often it was good in between, and until when it was not."""
    count = max(users.stretches - 1, instances.relapses)
    if count < 1:
        return ""
    last = max(users.when.low, instances.when.low) - since.low
    return f", {counted(count, 'relapse')}, the last until +{last:.1f}s"
