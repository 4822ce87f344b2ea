"""What a scenario would do, and to whom: read from the platform if it is up. Touches nothing: no deploy, no lease."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from squall.errors import InjectionFailed, SquallError
from squall.faults.fault import Harm, parts
from squall.instances import Instance
from squall.platforms.capability import Foresees, Permits, Platform
from squall.pytest_plugin.other_plugins import length
from squall.record.plan import Plan, TargetPlan
from squall.run.blast_radius import exceeds_instances
from squall.run.plan import planned
from squall.run.preflight import absent_weakness, left_behind, missing, needed, refusal, skipped
from squall.run.scenario import Scenario
from squall.run.schedule import ScheduledFault, instances, planned_duration, undo, warnings
from squall.run.targeting import candidates, make_schedule
from squall.run.wiring import platform, silence
from squall.safety.undo_log import Undo

RUN = "PLANNED"


@dataclass(frozen=True, slots=True)
class PlannedLoad:
    """What users would do: arrivals and probes per second, and the locustfile; ``arrivals`` says how they come."""

    rate: float
    probe_rate: float
    locustfile: str
    timeout: float
    arrivals: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan, and what is in its way.

    ``unknown`` says why targets, undo and versions could not be read (empty: they were); ``refused`` why the platform
    may not be harmed or has not what the fault needs; ``of`` is how many instances there are to choose from,
    ``among`` their names: those of now, or those of each deployment where the platform knows them. ``least`` and
    ``most`` are seconds without bringing the system up. ``rights`` are those that the run needs, ``missing`` those of
    them that our account lacks; both are None where the platform knows no rights, or could not be asked.
    """

    plan: Plan
    load: PlannedLoad
    unknown: str
    refused: str
    of: int | None
    least: float
    most: float
    among: Sequence[str] = ()
    rights: Sequence[str] | None = None
    missing: Sequence[str] | None = None

    @property
    def share(self) -> float | None:
        """How much of the service is harmed, in %; None if that is not known."""
        return 100 * len(self.plan.targets) / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class _Seen:
    schedule: Sequence[ScheduledFault] | None = None
    among: Sequence[str] | None = None
    undo: Sequence[Undo] = ()
    unknown: str = ""
    refused: str = ""
    warnings: Sequence[str] = ()


def preview(scenario: Scenario, name: str, context: str | None, allowed: Collection[str] = ()) -> Preview:
    """Return what a scenario would do on the platform of that name.

    Raises:
        Misuse: the system has no place there, or there is no such context.
    """
    on = platform(name, scenario.system, context, allowed)
    try:
        refused = _refused(scenario, on)
        rights, lacking, refused = (None, None, refused) if refused else _rights(scenario.fault, on)
        seen = _Seen(unknown=refused) if refused else _look(scenario, on)
        refused = refused or seen.refused
        plan, unknown = _plan(scenario, on, seen)
        of, among = None if seen.among is None else len(seen.among), seen.among or ()
        return Preview(plan, _load(scenario), unknown, refused, of, *_length(scenario), among, rights, lacking)
    finally:
        on.close()


def _refused(scenario: Scenario, on: Platform) -> str:
    try:
        on.check()
        return skipped(on, scenario) or absent_weakness(on, scenario) or left_behind(on)
    except SquallError as error:
        return str(error)


def _rights(harm: Harm, on: Platform) -> tuple[Sequence[str] | None, Sequence[str] | None, str]:
    if not isinstance(on, Permits):
        return None, None, ""
    try:
        needs, lacking = needed(on, harm), missing(on, harm)
    except SquallError as error:
        return None, None, str(error)
    return needs, lacking, refusal(on, harm, lacking) if lacking else ""


def _look(scenario: Scenario, on: Platform) -> _Seen:
    among: Sequence[str] | None = None
    shown = partial(_instances, scenario, on)
    try:
        found = candidates(scenario, shown)
        named = any(part.fault.service for part in parts(scenario.fault))
        among = sorted(instance.name for instance in found) if found or named else None
        schedule = make_schedule(scenario, on, RUN, instances=shown)
        quiet = silence(scenario.system, on.name)
        entries = [*on.plan_deploy(RUN), *(quiet.undo(RUN) if quiet else ()), *undo(schedule)]
        warned = warnings(schedule)
    except SquallError as error:
        kept = () if isinstance(error, InjectionFailed) else on.plan_deploy(RUN)
        return _Seen(among=among, undo=kept, unknown=str(error))
    return _Seen(schedule, among, entries, refused=_blast_radius(scenario, on, schedule, found), warnings=warned)


def _blast_radius(
    scenario: Scenario, on: Platform, schedule: Sequence[ScheduledFault], found: Sequence[Instance]
) -> str:
    def wanted(service: str) -> int:
        # What is not deployed yet will have as many as are foreseen.
        return 0 if isinstance(on, Foresees) else on.wanted(service)

    return exceeds_instances(scenario.system, schedule, found, wanted)


def _instances(scenario: Scenario, on: Platform, service: str) -> Sequence[Instance]:
    """Return a service's instances: the same as a run with this seed has, where their names are known before."""
    return on.foreseen(service, scenario.weaknesses) if isinstance(on, Foresees) else on.instances(service)


def _plan(scenario: Scenario, on: Platform, seen: _Seen) -> tuple[Plan, str]:
    if isinstance(on, Foresees):
        targets = [
            TargetPlan(one.service, one.name, one.incarnation, one.node, one.container)
            for one in instances(seen.schedule or ())
        ]
        return replace(planned(scenario, on, RUN, None, seen.undo, seen.warnings), targets=targets), seen.unknown
    try:
        return planned(scenario, on, RUN, seen.schedule, seen.undo, seen.warnings), seen.unknown
    except SquallError as error:
        return planned(scenario, on, RUN, None, seen.undo), str(error)


def _load(scenario: Scenario) -> PlannedLoad:
    system = scenario.system
    how = scenario.load.describe(scenario.rate)
    return PlannedLoad(scenario.rate, system.probe.rate, str(system.load.locustfile), system.load.timeout, how)


def _length(scenario: Scenario) -> tuple[float, float]:
    most, spared = (
        length(scenario),
        scenario.observation - planned_duration(scenario.fault).over if scenario.settles else 0.0,
    )
    return most - spared, most + 2 * scenario.system.steady.patience


def fields(claim: Mapping[str, object]) -> str:
    """Write the fields of a claim: ``limit 30, service rerank-api``."""
    said = {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in claim.items()}
    return ", ".join(f"{name} {value}" for name, value in said.items() if value)
