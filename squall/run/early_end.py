"""When an observation may end before it was planned to: nothing that may still come could change a verdict.

That is asked of the claims, from the logs as they grow. Besides, the run must be one that is judged at all, and the
system must be steady: what is still recovering is watched to the end. The judge asks the claims again.
"""

import math

from squall.claims.claim import Settling
from squall.claims.judge import shortfall, void
from squall.claims.steady_again import missing
from squall.measure.users import complete, onset
from squall.record.event import HarmEffect, LoadStarted, ProberStarted, RateChanged
from squall.record.folder import Record, RunFolder
from squall.record.samples import Sample, SampleReader
from squall.run.scenario import Scenario
from squall.run.steady_state import SteadyState

# Judging takes longer the more there is: the next look comes after a tenth of what has passed, at least after this (s).
_EVERY, _SHARE = 0.5, 0.1
# Beyond the patience of users, which bounds each request: the generators' own lateness, and what waits to be written.
_WRITTEN = 0.5


class EarlyEnd:
    """Watches one observation, of a harm that ``began`` and is over; ``may_end`` is asked again and again."""

    def __init__(self, scenario: Scenario, folder: RunFolder, began: float) -> None:
        self._folder, self._began = folder, began
        self._open = [promise.claim for promise in scenario.promises]
        self._possible = scenario.settles
        self._behind = max(scenario.system.load.timeout, scenario.system.probe.timeout) + _WRITTEN
        self._gate = SteadyState(scenario, folder, since=began, window=scenario.system.steady.hold)
        self._readers = SampleReader(folder.requests), SampleReader(folder.probes)
        self._samples: tuple[list[Sample], list[Sample]] = [], []
        self._next = began + _EVERY

    def may_end(self, now: float) -> bool:
        """Say whether the observation may end now."""
        if not self._possible or now < self._next:
            return False
        self._next = now + max(_EVERY, _SHARE * (now - self._began))
        record = self._record()
        known = max(now - self._behind, _complete(record))
        return self._settled(record, known) and _judged(record, known) and self._gate.violation(now) is None

    def _record(self) -> Record:
        for samples, reader in zip(self._samples, self._readers, strict=True):
            samples += reader.read()
            samples.sort(key=lambda sample: sample.intended)
        return Record(self._folder.plan(), self._folder.timeline(), *self._samples)

    def _settled(self, record: Record, known: float) -> bool:
        began = onset(record)
        # Before the last proof is among what is known, a claim would be asked about a part of the harm alone.
        if known <= max((event.t for event in record.events(HarmEffect)), default=math.inf):
            return False
        while began is not None and self._open:
            claim = self._open[-1]
            if not (isinstance(claim, Settling) and claim.settled(record, began, known)):
                return False
            self._open.pop()
        return not self._open


def _complete(record: Record) -> float:
    """Return the moment before which nothing is missing, as far as the schedules tell; minus infinity: they do not."""
    load, prober = list(record.events(LoadStarted)), list(record.events(ProberStarted))
    if len(load) != 1 or len(prober) != 1 or any(record.events(RateChanged)):
        return -math.inf
    # The prober's schedule has two lanes in turn.
    schedules = (record.requests, load[0], 1), (record.probes, prober[0], 2)
    return min(complete(samples, schedule.start, lanes * schedule.rate) for samples, schedule, lanes in schedules)


def _judged(record: Record, known: float) -> bool:
    return void(record) is None and shortfall(record, known) is None and not missing(record)
