"""Carries out a schedule: each fault at its time, with its effect and its end recorded. Chooses nothing."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from squall.clock import Clock
from squall.errors import NoTargets
from squall.faults.fault import Confirmed, Lasting, OpenEnded, impact
from squall.instances import Ending, Evidence
from squall.platforms.capability import Sink
from squall.record.event import HarmConfirmed, HarmEffect, HarmEnded, HarmEnding, HarmSent
from squall.run.schedule import ScheduledFault, lasts

# An end and a beginning that are planned for one moment: the end comes first.
SAME = 1e-3


@dataclass(frozen=True, slots=True)
class _Active:
    """A fault that is active, and when it is to be ended (on the harness's clock)."""

    scheduled: ScheduledFault
    until: float


class ScheduleRunner:
    """One schedule: ``start`` once, then ``run_rest`` once, then ``check_reverted``.

    ``until`` waits for a moment, and raises if the run cannot go on. ``refused`` says why what is active and what
    starts now may not be so at once, as things are (empty: it may); it is asked right before each fault.
    """

    def __init__(
        self,
        schedule: Sequence[ScheduledFault],
        clock: Clock,
        note: Sink,
        until: Callable[[float], None],
        refused: Callable[[Sequence[ScheduledFault]], str] = lambda together: "",
    ) -> None:
        self._schedule = schedule
        self._number = {id(scheduled): number for number, scheduled in enumerate(schedule)}
        self._volleys = [list(volley) for _, volley in groupby(schedule, lambda scheduled: scheduled.at)]
        self._clock, self._note, self._until, self._refused = clock, note, until, refused
        self._active: list[_Active] = []
        self.began = math.nan
        # How much later than planned the faults are, for each must be proven before the next starts.
        self.late = 0.0

    def start(self) -> float | None:
        """Inject what comes first, and return the latest moment at which it can have started.

        None: no proof of one target.

        Raises:
            NoTargets: as things are now, it would harm too much.
        """
        began = self._strike(self._volleys.pop(0))
        if began is not None:
            self.began = began
        return began

    def run_rest(self) -> bool:
        """Inject and end the rest, each at its time. False: no proof of one target, and what is active is not ended."""
        while self._volleys or self._active:
            begins = self.began + self._volleys[0][0].at + self.late if self._volleys else math.inf
            first = min(self._active, key=lambda each: each.until, default=None)
            if first is not None and first.until <= begins + SAME:
                self._until(first.until)
                self._active.remove(first)
                self._end(first.scheduled)
                continue
            self._until(begins)
            if self._strike(self._volleys.pop(0)) is None:
                return False
        return True

    def check_reverted(self) -> None:
        """Record late confirmations, and open-ended faults that somebody else has already reverted."""
        for scheduled in self._schedule:
            if isinstance(scheduled.fault, Confirmed):
                for target, how in scheduled.fault.confirmed(scheduled.target):
                    self._note(HarmConfirmed(self._clock.now(), target, how, self._number[id(scheduled)]))
            if isinstance(scheduled.fault, OpenEnded) and not scheduled.fault.lasts:
                self._record_endings(scheduled, scheduled.fault.ended(scheduled.target))

    def _strike(self, volley: Sequence[ScheduledFault]) -> float | None:
        if why := self._refused([*(active.scheduled for active in self._active), *volley]):
            raise NoTargets(f"refused right before the harm: {why}")
        for scheduled in volley:
            names = tuple(instance.name for instance in scheduled.target.instances)
            fault, number = type(scheduled.fault).__name__, self._number[id(scheduled)]
            harms = impact(scheduled.fault)
            self._note(HarmSent(self._clock.now(), fault, names, number, scheduled.at, harms))
        proofs = [self._recorded(scheduled, found) for scheduled, found in zip(volley, _injected(volley), strict=True)]
        # A fault without evidence of any target has proven nothing.
        if not all(found and all(proof.proven for proof in found) for found in proofs):
            return None
        moments = [min(proof.onset.high for proof in found) for found in proofs]
        for scheduled, moment in zip(volley, moments, strict=True):
            if lasts(scheduled.fault):
                # In front: of those that end at one moment, what was done last ends first.
                self._active.insert(0, _Active(scheduled, moment + scheduled.fault.lasts))
        if not math.isnan(self.began):
            self.late = max(self.late, min(moments) - self.began - volley[0].at)
        return min(moments)

    def _recorded(self, scheduled: ScheduledFault, found: Sequence[Evidence]) -> Sequence[Evidence]:
        number = self._number[id(scheduled)]
        for proof in found:
            t, low, high = self._clock.now(), proof.onset.low, proof.onset.high
            self._note(HarmEffect(t, proof.target, proof.proven, proof.how, low, high, number, proof.instances))
        return found

    def _end(self, scheduled: ScheduledFault) -> None:
        if isinstance(scheduled.fault, Lasting):
            self._note(HarmEnding(self._clock.now(), type(scheduled.fault).__name__, self._number[id(scheduled)]))
            self._record_endings(scheduled, scheduled.fault.end(scheduled.target))

    def _record_endings(self, scheduled: ScheduledFault, endings: Sequence[Ending]) -> None:
        number = self._number[id(scheduled)]
        for each in endings:
            low, high = each.when.low, each.when.high
            self._note(HarmEnded(self._clock.now(), each.target, each.ended, each.how, low, high, number, each.harmed))


def _injected(volley: Sequence[ScheduledFault]) -> list[Sequence[Evidence]]:
    """Inject all at once; raises what the first of them raises, when all are done."""
    if len(volley) == 1:
        return [volley[0].fault.inject(volley[0].target)]
    with ThreadPoolExecutor(len(volley)) as pool:
        begun = [pool.submit(scheduled.fault.inject, scheduled.target) for scheduled in volley]
    return [each.result() for each in begun]
