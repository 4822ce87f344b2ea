"""What is going to be done, as the record holds it: read from the scenario and the platform, touching nothing."""

import dataclasses
from collections.abc import Sequence

from pydantic import JsonValue as Json

from squall.clock import Heartbeat
from squall.faults.fault import Composed, Fault, Harm
from squall.instances import Share
from squall.platforms.capability import Platform
from squall.record.plan import Plan, TargetPlan
from squall.run.scenario import Scenario
from squall.run.schedule import Length, ScheduledFault, duration_of, instances, planned_duration
from squall.safety.undo_log import Undo


def planned(
    scenario: Scenario,
    platform: Platform,
    run: str,
    schedule: Sequence[ScheduledFault] | None = None,
    undo: Sequence[Undo] = (),
    warnings: Sequence[str] = (),
) -> Plan:
    """Return the plan; ``acts`` are None while the system is not deployed and nothing can be read from it."""
    system, deployed = scenario.system, schedule is not None
    length = planned_duration(scenario.fault) if schedule is None else duration_of(schedule)
    versions, tuning = platform.facts() if deployed else ({}, {})
    return Plan(
        run=run,
        scenario=scenario.title,
        feature=scenario.feature,
        tags=list(scenario.tags),
        system=system.name,
        platform=platform.name,
        context=platform.context,
        weaknesses=list(scenario.weaknesses),
        anchor=Heartbeat.read(),
        seed=scenario.seed,
        objective=system.objectives.values(),
        rate=scenario.rate,
        probe_rate=system.probe.rate,
        steady_window=system.steady.window,
        observation=scenario.observed(length),
        hold=system.steady.hold,
        patience=system.steady.patience,
        fault=scenario.fault.describe(),
        fault_fields=_harm(scenario.fault, length),
        targets=[TargetPlan(i.service, i.name, i.incarnation, i.node, i.container) for i in instances(schedule or ())],
        instances={service: platform.wanted(service) for service in system.services} if deployed else {},
        claims=scenario.claims,
        undo=[entry.about for entry in undo],
        warnings=warnings,
        command=scenario.command,
        versions=versions,
        tuning=tuning,
        load=scenario.load,
        gauges={name: list(service.gauges) for name, service in system.services.items() if service.gauges},
        alerts=system.alerts.plans() if system.alerts else (),
    )


def _harm(harm: Harm, length: Length) -> dict[str, Json]:
    if isinstance(harm, Composed):
        listed: list[Json] = [{"at": part.at, "apart": part.apart, **_fields(part.fault)} for part in harm.parts]
        return {"fault": type(harm).__name__, "lasts": length.over, "parts": listed}
    return _fields(harm)


def _fields(fault: Fault) -> dict[str, Json]:
    fields = {field.name: getattr(fault, field.name) for field in dataclasses.fields(fault)}  # type: ignore[arg-type]
    plain = {name: _plain(value) if isinstance(value, Share) else value for name, value in fields.items()}
    return {"fault": type(fault).__name__, "reversal": fault.reversal, **plain}


def _plain(share: Share) -> str | int | None:
    """Return a share as the record holds it: a count, None for every one, else in words."""
    return share.count if share.percent is None and share.within is None else share.of("them")
