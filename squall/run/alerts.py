"""Silencing alerts about what a run does on purpose, for as long as the run may take."""

from collections.abc import Sequence
from typing import Protocol

from squall.run.scenario import Scenario
from squall.run.schedule import Length
from squall.run.timeline import Timeline
from squall.safety.undo_log import Undo

# What a run may take besides what is planned: each undo takes some.
SPARE = 120.0


class SilencesAlerts(Protocol):
    """Keeps alerts about what is done on purpose from calling anybody."""

    def check(self) -> None:
        """Raise Misuse if it cannot."""
        ...

    def undo(self, run: str) -> Sequence[Undo]:
        """Return how it is ended."""
        ...

    def begin(self, run: str, what: str, lasts: float) -> str:
        """Begin it, for so many seconds at the most, and return what to say of it. Raises HarnessFailed."""
        ...


class Alerts:
    """The silence of one run, if the system file asks for one."""

    def __init__(self, silence: SilencesAlerts | None, scenario: Scenario, run: str, timeline: Timeline) -> None:
        self._silence, self._scenario, self._run, self._timeline = silence, scenario, run, timeline

    def check(self) -> None:
        """Raise Misuse if a silence is asked for and cannot be had."""
        if self._silence is not None:
            self._silence.check()

    def undo(self) -> Sequence[Undo]:
        """Return how the silence is ended."""
        return self._silence.undo(self._run) if self._silence is not None else ()

    def silence(self, harm: Length) -> None:
        """Begin the silence, until the run is over however long it takes to be steady before and after."""
        if self._silence is None:
            return
        steady = self._scenario.system.steady
        lasts = steady.window + steady.hold + 2 * steady.patience + self._scenario.observed(harm) + SPARE
        what = f"squall: {self._scenario.fault.describe()} ({self._run})"
        self._timeline.note(self._silence.begin(self._run, what, lasts))
