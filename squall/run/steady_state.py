"""The steady state: whether users and probes, each for themselves, kept the objective over a window. Reads the logs.

A window counts only when every request meant in it has ended or was given up. Before the harm, windows follow each
other. What each must show grows stricter with their number, so that looking again and again does not let a system pass
by luck: one that fails, or is slow, twice as often as its objective allows is called steady in ``LUCK`` of the runs at
most (the n-th look spends ``LUCK / 2**n`` of it). A window that kept the objective, but not so clearly, is looked at
again with the one that follows it. Where windows hold too few requests to see that much, none of them may be bad.
"""

import math
from collections.abc import Collection

from squall.measure.load import fell_short
from squall.measure.steady import LUCK, violation
from squall.record.columns import Samples
from squall.record.samples import Sample
from squall.run.scenario import Scenario
from squall.run.traffic_log import TrafficLog
from squall.verdict import Cause

_NOT_OVER = "the steady window is not over yet"


class SteadyState:
    """Watches load and probes from ``since`` on; ``window`` defaults to the system's steady window (seconds)."""

    def __init__(self, scenario: Scenario, log: TrafficLog, since: float = 0.0, window: float | None = None) -> None:
        self._objective = scenario.system.objectives.values()
        self._log, self._since = log, since
        self.window = window or scenario.system.steady.window
        self._users: list[Sample] = []
        self._probes: list[Sample] = []
        # The load's own first arrival counts: a prober that started sooner does not shorten the window.
        self._first = math.inf

    def kept(self, now: float) -> bool:
        """Whether the objective was kept over the last window that is whole."""
        self._read()
        end = self._log.known(now)
        start = end - self.window
        self._users, self._probes = ([s for s in each if s.intended >= start] for each in (self._users, self._probes))
        return self._begin() <= start and self._violation(start, end, 1.0) is None

    def _read(self) -> None:
        users, probes = self._log.read()
        self._first = min((self._first, *(sample.intended for sample in users)))
        self._users += users
        self._probes += probes

    def _begin(self) -> float:
        return max(self._first, self._since)

    def _violation(self, start: float, end: float, chance: float) -> str | None:
        for who, samples in (("users", self._users), ("probes", self._probes)):
            window = [sample for sample in samples if start <= sample.intended < end]
            if (why := violation(window, self._objective, chance)) is not None:
                return f"{who}: {why}"
        return None


class SteadyStateGate(SteadyState):
    """What a system must pass before it is harmed; asked again and again until it has, or the patience is over.

    What was before ``since`` (s) does not count.
    """

    def __init__(self, scenario: Scenario, log: TrafficLog, since: float = 0.0) -> None:
        super().__init__(scenario, log, since)
        self._reason, self.looks = _NOT_OVER, 0
        # The window that is looked at: when it begins, and what of it is looked at already.
        self._start = self._end = math.inf
        self.passed = math.nan, math.nan
        self.patience = log.behind + self.window + scenario.system.steady.patience

    def violation(self, now: float) -> str | None:
        """Say why the system is not steady; None: the last window that is whole kept the objective."""
        self._read()
        known = self._log.known(now)
        if math.isinf(self._start):
            self._start = self._end = self._begin()
        while (end := self._end + self.window) <= known:
            self._end = end
            if self._passes(end):
                return None
        return self._shortfall() or self._reason

    def served(self, names: Collection[str]) -> tuple[int, int] | None:
        """Return how many of the users' requests of the window that passed those instances answered, and of how many.

        None: answers do not say who gave them.
        """
        start, end = self.passed
        answered = [sample.instance for sample in self._users if start <= sample.intended < end and sample.instance]
        return (sum(instance in names for instance in answered), len(answered)) if answered else None

    def _passes(self, end: float) -> bool:
        self.looks += 1
        found = self._violation(self._start, end, LUCK / 2**self.looks)
        if found is None:
            self.passed = self._start, end
            return True
        self._reason = found
        if self._violation(self._start, end, 1.0) is not None:
            self._start = end
        return False

    @property
    def cause(self) -> Cause:
        """What the last ``violation`` was owed to: the system, or a load that was not made."""
        return Cause.LOAD_SHORT if self._shortfall() else Cause.NOT_STEADY

    def _shortfall(self) -> str | None:
        return fell_short(Samples.of(self._users), len(self._users))
