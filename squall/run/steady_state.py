"""The steady state: reads the logs as they grow and says whether the objective was kept over the last window."""

import math

from squall.measure.users import fell_short, objective_kept, percentile
from squall.record.folder import RunFolder
from squall.record.samples import Sample, SampleReader
from squall.run.scenario import Scenario
from squall.verdict import Cause

# Requests that are still under way are not in the log yet: the window ends this much before now.
_SETTLING = 0.6


class SteadyState:
    """Watches load and probes from ``since`` on; ``window`` defaults to the system's steady window (seconds)."""

    def __init__(self, scenario: Scenario, folder: RunFolder, since: float = 0.0, window: float | None = None) -> None:
        self._scenario, self._since = scenario, since
        self.window = window or scenario.system.steady.window
        self._load, self._probes = SampleReader(folder.requests), SampleReader(folder.probes)
        self._seen: list[Sample] = []
        self._arrivals: list[Sample] = []

    def violation(self, now: float) -> str | None:
        """Say why the state is not steady over the window that ends now; None: it is."""
        arrivals = self._load.read()
        self._arrivals += arrivals
        start = now - self.window - _SETTLING
        fresh = [s for s in (*arrivals, *self._probes.read()) if s.intended >= self._since]
        self._seen = sorted(s for s in (*self._seen, *fresh) if s.intended >= start - 1)
        # The load's own first arrival counts: a prober that started sooner does not shorten the window.
        if not self._arrivals or max(self._arrivals[0].intended, self._since) > start:
            return "the steady window is not over yet"
        kept = objective_kept(self._seen, self._scenario.system.objectives.values(), self.window)
        if kept.surely and kept.surely[-1]:
            return None
        return self._shortfall() or self._figures()

    @property
    def cause(self) -> Cause:
        """What the last ``violation`` was owed to: the system, or a load that was not made."""
        return Cause.LOAD_SHORT if self._shortfall() else Cause.NOT_STEADY

    def _shortfall(self) -> str | None:
        return fell_short(self._arrivals, len(self._arrivals))

    def _figures(self) -> str:
        objective = self._scenario.system.objectives.values()
        good = sum(sample.ok for sample in self._seen)
        slow = percentile([s.latency * 1000 for s in self._seen], objective.percentile)
        latency = "no answer" if math.isinf(slow) else f"{slow:.0f}ms"
        return (
            f"{100 * good / max(1, len(self._seen)):.2f}% succeeded ({objective.success:g}% wanted), "
            f"p{objective.percentile:g} {latency} ({objective.latency:g}ms wanted)"
        )
