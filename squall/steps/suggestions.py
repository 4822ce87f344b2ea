"""What could be promised of a system and is not yet: its dependencies x their failures x claims. Pure.

Whether a sentence is sound is asked of the same rules that a run asks: what could not be decided is not suggested.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from squall.claims.claim import Claim
from squall.faults.fault import Harm, parts
from squall.run.blast_radius import exceeds_duration
from squall.run.lint import undecidable
from squall.run.scenario import Promise, Scenario
from squall.steps.sentence import VOCABULARY
from squall.steps.vocabulary import modules
from squall.system.system import System


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which a dependency fails: its name, the sentence, and what it can happen to.

    ``of`` is ``instances`` (processes, pods), ``node`` (only in clusters), ``postgres`` or ``valkey``; with
    ``disposable`` only to stores whose data may be lost.
    """

    name: str
    sentence: str
    of: str
    disposable: bool = False


FAILURES = (
    Failure("crashes", 'a pod of "{service}" crashes', "instances"),
    Failure("is deleted", 'a pod of "{service}" is deleted', "instances"),
    Failure("freezes", 'a pod of "{service}" freezes for 10s', "instances"),
    Failure("runs out of memory", 'a pod of "{service}" runs out of memory', "instances"),
    Failure("is slow", '"{service}" answers 200ms slower for 20s', "instances"),
    Failure("is unreachable", '"{service}" is unreachable for 10s', "instances"),
    Failure("loses a node", 'a node of "{service}" is drained', "node"),
    Failure("is restarted", '"{service}" is restarted', "postgres"),
    Failure("has no slots left", 'the connection slots of "{service}" are used up for 10s', "postgres"),
    Failure("loses its connections", 'the connections to "{service}" are killed', "postgres"),
    Failure("is unreachable", '"{service}" is unreachable for 10s', "postgres"),
    Failure("is restarted", '"{service}" is restarted', "valkey"),
    Failure("hangs", '"{service}" hangs for 10s', "valkey"),
    Failure("is emptied", '"{service}" is flushed', "valkey", disposable=True),
    Failure("is unreachable", '"{service}" is unreachable for 10s', "valkey"),
)
# What is claimed of each, as far as it can be decided; the objective of the system file fills in the share.
CLAIMS = (
    '"{service}" heals by itself within 30s',
    '"{service}" recovers within 30s of its end',
    "at least {success} of requests succeed in the 60s after",
    "requests fail for no longer than 15s",
    "the failure is noticed by readiness within 10s",
    "no alert fires",
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One dependency, one failure, one claim (its sentence): ``covered`` are the titles of scenarios that prove it."""

    service: str
    failure: Failure
    claim: str
    kind: str
    covered: tuple[str, ...]


def cells(system: System, platform: str, scenarios: Sequence[Scenario]) -> list[Cell]:
    """Return every cell that means something for a system on a platform."""
    modules()
    covered = _covered([each for each in scenarios if each.system.name == system.name and not each.weaknesses])
    found = []
    for service, failure in _failing(system, platform):
        fault = _meaning("when", failure.sentence.format(service=service))
        for text in CLAIMS:
            said = text.format(service=service, success=f"{system.objectives.success:g}%")
            claim = _meaning("then", said)
            if _sound(system, fault, said, claim):
                name = type(claim).__name__
                titles = covered.get((service, type(fault).__name__, name), ())
                found.append(Cell(service, failure, said, name, tuple(titles)))
    return found


def gherkin(system: System, found: Sequence[Cell]) -> str:
    """Return a feature with a scenario for each failure of which something is not covered; empty: all is."""
    open_cells: dict[tuple[str, str], list[Cell]] = {}
    for cell in found:
        if not cell.covered:
            open_cells.setdefault((cell.service, cell.failure.sentence), []).append(cell)
    if not open_cells:
        return ""
    lines = [f"Feature: {system.name} survives what nobody has tried yet", "", "  Background:"]
    lines += [f'    Given "{system.name}" is in its steady state', ""]
    for (service, sentence), of in open_cells.items():
        lines += [f"  Scenario: {service} {of[0].failure.name}", f"    When {sentence.format(service=service)}"]
        lines += [f"    {'Then' if number == 0 else 'And'} {cell.claim}" for number, cell in enumerate(of)]
        lines += [""]
    return "\n".join(lines)


def _failing(system: System, platform: str) -> Iterator[tuple[str, Failure]]:
    section = system.platforms.sections()[platform]
    stores: Mapping[str, Any] = section.stores
    local = system.platforms.local
    placed = local.programs if platform == "local" and local is not None else getattr(section, "services", {})
    for service in system.services:
        store = stores.get(service)
        kinds = {store.kind} if store is not None else set()
        kinds |= {"instances"} if service in placed and store is None else set()
        kinds |= {"node"} if service in placed and store is None and platform in system.platforms.clusters() else set()
        for failure in FAILURES:
            if failure.of in kinds and (not failure.disposable or store is None or getattr(store, "disposable", True)):
                yield service, failure


def _covered(scenarios: Sequence[Scenario]) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for scenario in scenarios:
        for part in parts(scenario.fault):
            for promise in scenario.promises:
                key = part.fault.service, type(part.fault).__name__, type(promise.claim).__name__
                found.setdefault(key, []).append(scenario.title)
    return found


def _meaning(keyword: str, text: str) -> Any:
    for sentence in VOCABULARY.values():
        if sentence.keyword == keyword and sentence.parser.is_matching(text):
            return sentence.value(text)
    raise LookupError(f"no sentence means {text!r}")


def _sound(system: System, fault: Harm, text: str, claim: Claim) -> bool:
    """Say whether a scenario with this claim alone could be decided."""
    scenario = Scenario("", "", system, fault, [Promise(text, claim)], system.load.rate)
    scenario = replace(scenario, load=replace(scenario.load, timeout=system.load.timeout))
    return undecidable(scenario) is None and not exceeds_duration(scenario)
