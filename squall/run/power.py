"""The detection power of scenarios: each is run on the healthy system, and with each weakness that it is said to find.

A test suite that is green on a healthy system has shown that it can say HELD. What it is worth is how many of the
weaknesses put in on purpose it finds, each by the claim that is about it.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from squall.errors import Misuse
from squall.record.judgement import Judgement
from squall.record.trial import TrialResult
from squall.run.scenario import Scenario, proven_by
from squall.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario to be run, and the claim that has to break in it; empty: all of them have to hold."""

    scenario: Scenario
    breaks: str = ""

    @property
    def weakness(self) -> str:
        """The one weakness of a twin; empty for the healthy system."""
        return self.scenario.weaknesses[0] if self.breaks else ""

    def key(self, platform: str) -> tuple[str, str, str, str]:
        """Return what its result on a platform is found by (``TrialResult.key``)."""
        return self.scenario.system.name, self.scenario.title, self.weakness, platform

    def result(self, judgement: Judgement, platform: str, run: str, seconds: float, *, date: str,
               commit: str) -> TrialResult:  # fmt: skip
        """Return what a run of it came to."""
        scenario, worst = self.scenario, judgement.headline
        broken = [each.claim for each in judgement.findings if each.verdict is Verdict.BROKEN]
        return TrialResult(
            scenario.system.name, scenario.title, scenario.feature, proven_by(scenario.tags), platform, self.weakness,
            self.breaks, judgement.verdict, broken, worst.cause, worst.reason, run, scenario.command,
            round(seconds, 1), date, commit,
        )  # fmt: skip


def trials(scenarios: Sequence[Scenario], platform: str) -> list[Trial]:
    """Return the trials of scenarios: each as it is, then its twins that the platform has the weakness for.

    A scenario that states a weakness itself is no promise about the healthy system, and is left out.

    Raises:
        Misuse: a twin names a claim that its scenario does not make.
    """
    return [trial for each in scenarios if not each.weaknesses for trial in _of(each, platform)]


def strays(scenarios: Sequence[Scenario]) -> list[str]:
    """Return a line for each twin, of the systems that scenarios are about, whose scenario is not among them."""
    titles = {scenario.title for scenario in scenarios}
    systems = {scenario.system.name: scenario.system for scenario in scenarios}.values()
    return [
        f'{system.name}: the twin "{twin.weakness}" is of no scenario that was read: "{twin.scenario}"'
        for system in systems for twin in system.twins if twin.scenario not in titles
    ]  # fmt: skip


def _of(scenario: Scenario, platform: str) -> Iterator[Trial]:
    yield Trial(scenario)
    section = scenario.system.platforms.sections().get(platform)
    there = () if section is None else section.weaknesses
    for twin in scenario.system.twins:
        if twin.scenario != scenario.title or twin.weakness not in there:
            continue
        if twin.breaks not in (claims := [promise.text for promise in scenario.promises]):
            listed = "; ".join(claims)
            raise Misuse(f'"{scenario.title}" does not claim that {twin.breaks} (system.yaml, twins); it has: {listed}')
        command = f"{scenario.command} --weakness {shlex.quote(twin.weakness)}"
        yield Trial(replace(scenario, weaknesses=[twin.weakness], command=command), twin.breaks)


def shard(found: Sequence[Trial], number: int, of: int) -> list[Trial]:
    """Return the share of one of ``of`` machines, ``number`` from 1: every so many-th trial."""
    return list(found[number - 1 :: of])
