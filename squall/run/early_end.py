"""When an observation may end before it was planned to: nothing that may still come could change a verdict.

That is asked of the claims, from the logs as they grow. Besides, the run must be one that is judged at all, and the
system must be steady: what is still recovering is watched to the end. The judge asks the claims again.
"""

import math

from squall.claims.claim import Settling
from squall.claims.judge import shortfall, void
from squall.claims.steady_again import missing
from squall.measure.harm import onset
from squall.record.columns import Samples
from squall.record.event import HarmEffect
from squall.record.folder import Record, RunFolder
from squall.record.samples import Sample
from squall.run.scenario import Scenario
from squall.run.steady_state import SteadyState
from squall.run.traffic_log import TrafficLog

# Judging takes longer the more there is: the next look comes after a tenth of what has passed, at least after this (s).
_EVERY, _SHARE = 0.5, 0.1


class EarlyEnd:
    """Watches one observation, of a harm that ``began`` and is over; ``may_end`` is asked again and again."""

    def __init__(self, scenario: Scenario, folder: RunFolder, began: float) -> None:
        self._folder, self._began = folder, began
        self._open = list(scenario.promises)
        # When each claim was settled, in seconds after the onset, by its sentence.
        self.settled: dict[str, float] = {}
        self._possible = scenario.settles
        self._log = TrafficLog(scenario, folder)
        self._gate = SteadyState(
            scenario, TrafficLog(scenario, folder), since=began, window=scenario.system.steady.hold
        )
        self._samples: tuple[list[Sample], list[Sample]] = [], []
        # While the load is still to change, users may yet feel it.
        self._next = began + max(_EVERY, scenario.load.length)

    def may_end(self, now: float) -> bool:
        """Say whether the observation may end now."""
        if not self._possible or now < self._next:
            return False
        self._next = now + max(_EVERY, _SHARE * (now - self._began))
        record = self._record()
        known = self._log.known(now)
        return self._settled(record, known) and _judged(record, known) and self._gate.kept(now)

    def _record(self) -> Record:
        for samples, fresh in zip(self._samples, self._log.read(), strict=True):
            samples += fresh
        users, probes = map(Samples.of, self._samples)
        return Record(self._folder.plan(), self._folder.timeline(), users, probes)

    def _settled(self, record: Record, known: float) -> bool:
        began = onset(record)
        # Before the last proof is among what is known, a claim would be asked about a part of the harm alone.
        if known <= max((event.t for event in record.events(HarmEffect)), default=math.inf):
            return False
        while began is not None and self._open:
            claim = self._open[-1].claim
            if not (isinstance(claim, Settling) and claim.settled(record, began, known)):
                return False
            self.settled[self._open.pop().text] = round(known - self._began, 3)
        return not self._open


def _judged(record: Record, known: float) -> bool:
    return void(record) is None and shortfall(record, known) is None and not missing(record)
