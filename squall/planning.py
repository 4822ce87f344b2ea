"""What is going to be done, as the record holds it: read from the scenario and the platform, touching nothing."""

import dataclasses
from collections.abc import Sequence

from squall.clock import Heartbeat
from squall.platforms.capability import Platform
from squall.record import Plan, TargetPlan
from squall.scenario import Scenario
from squall.target import Instance, Share
from squall.undo import Undo


def planned(
    scenario: Scenario,
    platform: Platform,
    run: str,
    instances: Sequence[Instance] | None = None,
    undo: Sequence[Undo] = (),
    warnings: Sequence[str] = (),
) -> Plan:
    """Return the plan; ``instances`` are None while the system is not deployed and nothing can be read from it."""
    system, deployed = scenario.system, instances is not None
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
        observation=scenario.observation,
        hold=system.steady.hold,
        patience=system.steady.patience,
        fault=scenario.fault.describe(),
        fault_fields={"fault": type(scenario.fault).__name__, **_fields(scenario)},
        targets=[TargetPlan(i.service, i.name, i.incarnation, i.node) for i in instances or ()],
        instances={service: platform.wanted(service) for service in system.services} if deployed else {},
        claims=scenario.claims,
        undo=[entry.about for entry in undo],
        warnings=warnings,
        command=scenario.command,
        versions=versions,
        tuning=tuning,
        gauges={name: list(service.gauges) for name, service in system.services.items() if service.gauges},
    )


def _fields(scenario: Scenario) -> dict[str, str | float | int | None]:
    fields = {field.name: getattr(scenario.fault, field.name) for field in dataclasses.fields(scenario.fault)}  # type: ignore[arg-type]
    return {name: _plain(value) if isinstance(value, Share) else value for name, value in fields.items()}


def _plain(share: Share) -> str | int | None:
    """Return a share as the record holds it: a count, None for every one, else in words."""
    return share.count if share.percent is None and share.within is None else share.of("them")
