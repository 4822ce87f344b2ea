"""From the steps of a scenario to its value, with every problem named by file and line. Touches nothing."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.parser import Scenario as BddScenario
from pytest_bdd.parser import Step

from squall.claims.alert_fires import AlertFires
from squall.claims.alert_resolved import AlertResolved
from squall.claims.claim import Claim
from squall.claims.gauge_back import GaugeBack
from squall.claims.gauge_below import GaugeBelow
from squall.claims.hit_rate_back import HitRateBack
from squall.claims.no_alert import NoAlert
from squall.claims.registry import claims, is_claim, name_of, planned, restored
from squall.errors import Misuse
from squall.faults.fault import Composed, Fault, Harm, parts
from squall.faults.release import Release
from squall.record.arrivals import LoadPlan, Pace
from squall.run.blast_radius import exceeds_duration, exceeds_rate
from squall.run.lint import undecidable
from squall.run.scenario import Promise, Scenario
from squall.steps.binding import meanings
from squall.steps.parts import ArrivalRate, CountedService, RandomArrivals, SteadySystem, UserKinds, Weakened
from squall.steps.rows import RowProblem, rows, unknown
from squall.system.system import System, find_system

# What a sentence of a project may return.
MEANINGS = {
    "given": "a Given sentence returns one of squall.steps.parts",
    "when": "a When sentence returns a fault (a frozen dataclass, see squall.faults.fault.Fault)",
    "then": "a Then sentence returns a claim (a frozen dataclass, see squall.claims.claim.Claim)",
}


class Unreadable(Misuse):
    """A scenario that cannot mean anything; one line for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass
class _Draft:
    """What was read so far."""

    where: str
    problems: list[str] = field(default_factory=list)
    # The kinds of steps that have a problem of their own: that they are missing would be said twice.
    unread: set[str] = field(default_factory=set)
    systems: list[tuple[int, SteadySystem]] = field(default_factory=list)
    arrivals: list[tuple[int, ArrivalRate]] = field(default_factory=list)
    random: list[tuple[int, RandomArrivals]] = field(default_factory=list)
    kinds: list[tuple[int, UserKinds]] = field(default_factory=list)
    weakened: list[tuple[int, Weakened]] = field(default_factory=list)
    counted: list[tuple[int, CountedService]] = field(default_factory=list)
    faults: list[tuple[int, Harm]] = field(default_factory=list)
    promises: list[tuple[int, Promise]] = field(default_factory=list)
    # What is named for other platforms alone.
    lacking: list[str] = field(default_factory=list)

    def say(self, line: int, problem: str) -> None:
        self.problems.append(f"{self.where}:{line}: {problem}")


def read(item: pytest.Item, written: BddScenario, base: Path, platform: str, seed: int, command: str,
         weakness: str | None = None) -> Scenario:  # fmt: skip
    """Return the scenario that an item's steps mean, with a ``weakness`` besides those that it states.

    Raises:
        Unreadable: with all problems found, each as ``file:line: what, and what to do``.
    """
    draft = _Draft(os.path.relpath(written.feature.filename))
    for step in written.steps:
        _take(draft, step, item)
    line = written.line_number
    if weakness is not None:
        draft.weakened.append((line, Weakened("", weakness)))
    system = _system(draft, line, base)
    _count(draft, line)
    if system is not None:
        _check_names(draft, system, platform)
    if draft.problems or system is None:
        raise Unreadable(draft.problems)
    found = Scenario(
        title=written.name,
        feature=written.feature.name or written.feature.rel_filename,
        system=system,
        fault=draft.faults[0][1],
        promises=[_shortened(promise, system) for _, promise in draft.promises],
        rate=draft.arrivals[0][1].rate if draft.arrivals else system.load.rate,
        weaknesses=[part.weakness for _, part in draft.weakened],
        counted=list(dict.fromkeys(part.service for _, part in draft.counted)),
        load=_load(draft, system),
        tags=sorted(written.tags),
        seed=seed,
        command=command,
        lacking="; ".join(draft.lacking),
    )
    if beyond := exceeds_duration(found) or exceeds_rate(found):
        raise Unreadable([f"{draft.where}:{draft.faults[0][0]}: {beyond}"])
    if (reason := undecidable(found)) is not None:
        raise Unreadable([f"{draft.where}:{line}: {reason}"])
    return found


def _load(draft: _Draft, system: System) -> LoadPlan:
    rate = draft.arrivals[0][1] if draft.arrivals else ArrivalRate(system.load.rate)
    pace: Pace = "closed" if rate.users else "random" if draft.random else "even"
    kinds = draft.kinds[0][1].shares if draft.kinds else {}
    return LoadPlan(pace, rate.stages, rate.users, rate.pause, system.load.timeout, kinds)


def _take(draft: _Draft, step: Step, item: pytest.Item) -> None:
    found = [sentence for sentence in meanings(step, item) if sentence is not None]
    if len(found) != 1:
        none = unknown(step.keyword, step.type, step.name)
        draft.say(step.line_number, none if not found else f'"{step.name}" has {len(found)} meanings')
        draft.unread.add(step.type)
        return
    try:
        _sort(draft, step, found[0].value(step.name, rows(step)))
    except ValueError as error:
        draft.say(error.line if isinstance(error, RowProblem) else step.line_number, str(error))
        draft.unread.add(step.type)


def _sort(draft: _Draft, step: Step, part: Any) -> None:
    line = step.line_number
    if isinstance(part, SteadySystem):
        draft.systems.append((line, part))
    elif isinstance(part, ArrivalRate):
        draft.arrivals.append((line, part))
    elif isinstance(part, RandomArrivals):
        draft.random.append((line, part))
    elif isinstance(part, UserKinds):
        draft.kinds.append((line, part))
    elif isinstance(part, CountedService):
        draft.counted.append((line, part))
    elif isinstance(part, Weakened):
        draft.weakened.append((line, part))
    elif step.type == "then" and is_claim(part):
        draft.promises.append((line, Promise(step.name, _recordable(part), step.keyword)))
    elif step.type == "when" and isinstance(part, Fault | Composed) and not isinstance(part, type):
        draft.faults.append((line, part))
    else:
        raise ValueError(f'"{step.name}" comes to {_said(part)}; {MEANINGS[step.type]}')


def _said(part: object) -> str:
    return f"the class {part.__name__} itself" if isinstance(part, type) else f"a {type(part).__name__}"


def _recordable(claim: Claim) -> Claim:
    """Return a claim that can be read back from a record. Raises ValueError: a project's own claim cannot."""
    if type(claim) in claims().values():
        return claim
    try:
        plan = planned("", "", claim)
        back = restored(replace(plan, fields=json.loads(json.dumps(plan.fields))))
    except (Misuse, TypeError) as error:
        raise ValueError(f"{name_of(type(claim))} cannot be read back from a record: {error}") from error
    if back != claim:
        raise ValueError(f"{name_of(type(claim))} cannot be read back from a record: {claim} becomes {back}")
    return claim


def _system(draft: _Draft, line: int, base: Path) -> System | None:
    if not draft.systems and "given" in draft.unread:
        return None
    if len(draft.systems) != 1:
        draft.say(line, 'a scenario begins with exactly one: Given "SYSTEM" is in its steady state')
        return None
    where, named = draft.systems[0]
    try:
        return _over(named, find_system(named.name, base))
    except Misuse as error:
        text = str(error)
        if text.startswith(("there is no system", "two files")):
            draft.say(where, text)
        else:
            draft.problems += text.splitlines()
        return None


def _over(named: SteadySystem, system: System) -> System:
    """Return the system with the window and hold that the scenario states."""
    if named.over is None:
        return system
    steady = system.steady.model_copy(update={"window": named.over, "hold": named.over})
    return system.model_copy(update={"steady": steady})


def _shortened(promise: Promise, system: System) -> Promise:
    """Return a promise about alerts with the factor of the system's alert table, by which its limit is divided."""
    claim = promise.claim
    if system.alerts is None or not isinstance(claim, AlertFires | AlertResolved | NoAlert):
        return promise
    return replace(promise, claim=replace(claim, shortened=system.alerts.shortened))


def _check_gauges(draft: _Draft, system: System) -> None:
    """Refuse claims about gauges that the system file does not name."""
    for line, promise in draft.promises:
        claim = promise.claim
        if isinstance(claim, GaugeBelow | GaugeBack | HitRateBack) and claim.service in system.services:
            known = system.services[claim.service].gauges
            asked = (claim.hits, claim.misses) if isinstance(claim, HitRateBack) else (claim.gauge,)
            for gauge in asked:
                if gauge not in known:
                    listed = ", ".join(known) or "none"
                    draft.say(line, f'"{claim.service}" has no gauge "{gauge}" (it has: {listed})')


def _check_alerts(draft: _Draft, system: System) -> None:
    """Refuse claims about alerts and severities that the system file does not name."""
    rules = system.alerts.rules if system.alerts else {}
    severities = system.alerts.severities if system.alerts else ()
    for line, promise in draft.promises:
        claim = promise.claim
        if isinstance(claim, AlertFires | AlertResolved) and claim.alert not in rules:
            listed = ", ".join(rules) or "none"
            draft.say(line, f'"{system.name}" has no alert "{claim.alert}" (it has: {listed}; alerts in system.yaml)')
        elif isinstance(claim, NoAlert) and not rules:
            draft.say(line, f'"{promise.text}" needs rules: alerts in system.yaml')
        elif isinstance(claim, NoAlert) and claim.above and claim.above not in severities:
            listed = ", ".join(severities)
            draft.say(line, f'"{system.name}" has no severity "{claim.above}" (it has: {listed})')


def _count(draft: _Draft, line: int) -> None:
    if len(draft.faults) > 1 or (not draft.faults and "when" not in draft.unread):
        known = "one When sentence" if not draft.faults else f"one When sentence, not {len(draft.faults)}"
        draft.say(line, f"a scenario harms by exactly {known}")
    if not draft.promises and "then" not in draft.unread:
        draft.say(line, "a scenario that harms and claims nothing proves nothing; write a Then sentence")
    early = [where for where, _ in draft.promises if draft.faults and where < draft.faults[0][0]]
    if early:
        draft.say(early[0], "a Then sentence comes before the When sentence that it is about")
    for stated in (draft.arrivals, draft.random, draft.kinds):
        if len(stated) > 1:
            draft.say(stated[1][0], "the load is stated twice")
    if draft.random and any(part.users for _, part in draft.arrivals):
        draft.say(draft.random[0][0], "users who wait for each answer come when they have it; leave this out")


def _check_names(draft: _Draft, system: System, platform: str) -> None:
    known = ", ".join(system.services)
    faults = [(line, part.fault) for line, harm in draft.faults for part in parts(harm)]
    named = [(line, fault.service) for line, fault in faults if fault.service]
    named += [(line, str(other)) for line, fault in faults if (other := getattr(fault, "other", ""))]
    named += [(line, str(service)) for line, p in draft.promises if (service := getattr(p.claim, "service", None))]
    named += [(line, part.service) for line, part in draft.weakened if part.service]
    named += [(line, part.service) for line, part in draft.counted]
    for line, service in named:
        if service not in system.services:
            draft.say(line, f'"{system.name}" has no service "{service}" (it has: {known})')
    _check_alerts(draft, system)
    _check_gauges(draft, system)
    _check_counted(draft)
    _check_releases(draft, system, platform)
    weaknesses = {name: getattr(section, "weaknesses", {}) for name, section in _sections(system).items()}
    for line, part in draft.weakened:
        if part.weakness not in (here := weaknesses.get(platform, {})):
            elsewhere = [name for name, known in weaknesses.items() if part.weakness in known]
            listed = ", ".join(here) or "none"
            text = f'"{system.name}" has no weakness "{part.weakness}" on {platform}'
            _miss(draft, line, text, elsewhere, listed)


def _sections(system: System) -> Mapping[str, object]:
    """Return what the system file says of each platform, by name."""
    named = {name: getattr(system.platforms, name) for name in type(system.platforms).model_fields}
    return {name: section for name, section in named.items() if section is not None}


def _miss(draft: _Draft, line: int, text: str, elsewhere: Sequence[str], listed: str) -> None:
    """Refuse a name that is known nowhere; what is known elsewhere makes the scenario one of those platforms."""
    if elsewhere:
        draft.lacking.append(f"{text} ({', '.join(elsewhere)} has it)")
    else:
        draft.say(line, f"{text} (it has: {listed})")


def _check_counted(draft: _Draft) -> None:
    counted = {part.service for _, part in draft.counted}
    for line, promise in draft.promises:
        service = getattr(promise.claim, "service", "")
        if getattr(promise.claim, "reads_calls", False) and service not in counted:
            draft.say(line, f'"{promise.text}" needs: Given calls to "{service}" are counted')


def _check_releases(draft: _Draft, system: System, platform: str) -> None:
    section = getattr(system.platforms, platform, None)
    # A platform that knows no releases skips the scenario by name.
    known: Mapping[str, Mapping[str, object]] | None = getattr(section, "releases", None)
    for line, fault in ((line, part.fault) for line, harm in draft.faults for part in parts(harm)):
        if not isinstance(fault, Release) or known is None:
            continue
        if fault.service not in known.get(fault.release, {}):
            listed = ", ".join(f'"{name}"' for name, of in known.items() if fault.service in of) or "none"
            others = {name: getattr(each, "releases", {}) for name, each in _sections(system).items()}
            elsewhere = [name for name, of in others.items() if fault.service in of.get(fault.release, {})]
            text = f'"{system.name}" has no release of "{fault.service}" that "{fault.release}" on {platform}'
            _miss(draft, line, text, elsewhere, listed)
