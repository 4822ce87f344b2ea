"""``drill.yaml``: what a game day is made of, as values. Nothing is run or decided here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from squall.errors import Misuse
from squall.instances import Instance
from squall.measure.percentiles import enough
from squall.run.blast_radius import exceeds_duration, exceeds_instances
from squall.run.scenario import Scenario
from squall.run.schedule import ScheduledFault
from squall.system.strict import Lines, Strict, read_strict
from squall.system.system import HarmAtMost, System
from squall.system.yaml_lines import KeyPath, line_at
from squall.units import Duration, Percent, as_duration

FILE = "drill.yaml"
# A share of fewer requests is no reason to end anything.
FEWEST = 20


class AbortLatency(Strict):
    """A percentile of the latency of users' requests, and the limit above which the drill is aborted."""

    percentile: Annotated[float, Field(gt=0, lt=100)] = 95
    limit: Duration


class AbortCondition(Strict):
    """What users may suffer at the most: watched from GO on, over the requests that ended in the last ``over``."""

    success_below: Percent | None = None
    latency_above: AbortLatency | None = None
    over: Duration = 10.0

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.success_below is None and self.latency_above is None:
            raise ValueError("say success_below: 90%, or latency_above: {percentile: 95, limit: 2s}")
        return self

    @property
    def fewest(self) -> int:
        """How many requests it needs in its window before anything can be said."""
        return max(FEWEST, enough(self.latency_above.percentile) if self.latency_above else 0)

    def __str__(self) -> str:
        parts = [f"fewer than {self.success_below:g}% succeed"] if self.success_below is not None else []
        if (slow := self.latency_above) is not None:
            parts.append(f"p{slow.percentile:g} above {as_duration(slow.limit)}")
        return f"{' or '.join(parts)}, over {as_duration(self.over)}"


class RadiusLimits(Strict):
    """How much may be harmed at once and for how long, where that is less than the system file permits."""

    harm_at_most: HarmAtMost | None = None
    lasts_at_most: Duration | None = None

    def too_long(self, scenario: Scenario) -> str:
        """Say why a scenario's harm lasts longer than the drill permits; empty: it does not."""
        if self.lasts_at_most is None:
            return ""
        system = scenario.system.model_copy(update={"lasts_at_most": self.lasts_at_most})
        return exceeds_duration(replace(scenario, system=system)).replace("system.yaml", FILE)

    def exceeds(
        self,
        system: System,
        schedule: Sequence[ScheduledFault],
        among: Sequence[Instance],
        wanted: Callable[[str], int],
    ) -> str:
        """Say why a schedule harms more at once than the drill permits; empty: it does not."""
        if self.harm_at_most is None:
            return ""
        return exceeds_instances(self.on(system), schedule, among, wanted).replace("system.yaml", FILE)

    def on(self, system: System) -> System:
        """Return a system that permits what the drill does; what its own file permits is asked besides."""
        services = {name: one.model_copy(update={"harm_at_most": None}) for name, one in system.services.items()}
        return system.model_copy(update={"services": services, "harm_at_most": self.harm_at_most})


class TimeWindow(Strict):
    """When harm may be done: none begins before ``opens``, and at ``closes`` what is under way is aborted."""

    opens: AwareDatetime
    closes: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("it closes before it opens")
        return self

    def shut(self, now: datetime, takes: float = 0.0) -> str:
        """Say why a harm that takes so many seconds may not begin now; empty: it may."""
        if now < self.opens:
            return f"the time window opens at {self.opens:%Y-%m-%d %H:%M %Z}"
        left = (self.closes - now).total_seconds()
        if left <= 0:
            return f"the time window closed at {self.closes:%Y-%m-%d %H:%M %Z}"
        if left < takes:
            return f"it takes {takes:.0f} s, and the time window closes in {left:.0f} s"
        return ""


class DrillStep(Strict):
    """One scenario of the drill, by its file and title; ``hold``: somebody has to say GO before its harm."""

    feature: Annotated[str, Field(min_length=1)]
    scenario: Annotated[str, Field(min_length=1)]
    hold: bool = True
    seed: int | None = None
    weakness: str | None = None


class Drill(Strict):
    """A game day: what is done in which order, where, when, and what ends it.

    ``hidden``: those who respond are not told what is done, nor when.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    about: str = ""
    platform: str = "local"
    context: str | None = None
    allow_contexts: tuple[str, ...] = ()
    hidden: bool = False
    window: TimeWindow | None = None
    limits: RadiusLimits = RadiusLimits()
    abort: AbortCondition | None = None
    scenarios: Annotated[tuple[DrillStep, ...], Field(min_length=1)]

    @classmethod
    def read(cls, path: Path) -> tuple[Self, Lines]:
        """Read a drill, and the line of each of its keys.

        Raises:
            Misuse: naming the line of each thing that is wrong.
        """
        return read_strict(cls, path)


def refuse_unfit(drill: Drill, scenarios: Sequence[Scenario], path: Path, lines: Lines) -> None:
    """Refuse scenarios that the drill's own limits forbid, and an abort condition that rests on too little.

    Raises:
        Misuse: one line for each.
    """
    problems: list[tuple[KeyPath, str]] = []
    for number, scenario in enumerate(scenarios):
        if why := drill.limits.too_long(scenario):
            problems.append((("scenarios", number), f'"{scenario.title}": {why}'))
        if drill.abort is not None and (few := scenario.lowest_rate * drill.abort.over) < drill.abort.fewest:
            over, fewest = as_duration(drill.abort.over), drill.abort.fewest
            why = f'of "{scenario.title}" {few:.0f} requests end in {over}, and the condition needs {fewest}'
            problems.append((("abort",), f"{why}; write a longer over, or have more requests arrive"))
    if problems:
        raise Misuse("\n".join(f"{path}:{line_at(lines, at)}: {'.'.join(map(str, at))}: {why}" for at, why in problems))
