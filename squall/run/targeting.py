"""Chooses the targets of a scenario and makes its schedule, from what the platform shows and the scenario's seed."""

from collections.abc import Callable, Collection, Sequence
from random import Random

from squall.clock import SYSTEM, Clock
from squall.errors import NoTargets
from squall.faults.fault import Fault, Target, parts, reach
from squall.instances import Instance, Reach
from squall.load.rate import NoTraffic, Traffic
from squall.platforms.capability import Platform
from squall.platforms.object_harms import Nodes
from squall.run.scenario import Scenario
from squall.run.schedule import ScheduledFault

# Kubernetes forgets a container's restarts (its back-off) after ten minutes; before that a crash is not the first (s).
FRESH = 600.0

Shown = Callable[[str], Sequence[Instance]]


def candidates(scenario: Scenario, instances: Shown) -> Sequence[Instance]:
    """Return the instances to choose from: those of the harmed services, or of all services."""
    services = dict.fromkeys(service for part in parts(scenario.fault) for service in _services(scenario, part.fault))
    return [instance for service in services for instance in instances(service)]


def make_schedule(
    scenario: Scenario,
    platform: Platform,
    run: str,
    clock: Clock = SYSTEM,
    instances: Shown | None = None,
    traffic: Traffic | None = None,
) -> tuple[ScheduledFault, ...]:
    """Choose the targets of each part of the harm, and return the faults in the order in which they start.

    Parts of one service take different instances as long as there are enough. ``instances`` says what there is to
    choose from, by service: what the platform shows now, unless it is given. ``traffic`` is the load of a run.

    Raises:
        NoTargets: nothing matches, or fewer than a part asks for.
    """
    load = traffic or NoTraffic()
    rng, struck, shown = Random(scenario.seed), set[str](), instances or platform.instances  # noqa: S311 - no secret
    schedule: list[ScheduledFault] = []
    for part in parts(scenario.fault):
        among = [instance for service in _services(scenario, part.fault) for instance in shown(service)]
        chosen = _chosen(part.fault, scenario.system.name, platform, among, rng, struck)
        struck |= {instance.name for instance in chosen}
        if part.apart is None:
            schedule.append(ScheduledFault(part.fault, Target(platform, chosen, run, clock, load), part.at))
            continue
        step = part.fault.lasts + part.apart
        for number, instance in enumerate(chosen):
            schedule.append(
                ScheduledFault(part.fault, Target(platform, (instance,), run, clock, load), part.at + number * step)
            )
    return tuple(sorted(schedule, key=lambda scheduled: scheduled.at))


def unfit(chosen: Sequence[Instance], now: Sequence[Instance]) -> str | None:
    """Say which chosen instance is no longer what was chosen, or was not fresh to begin with; None: all are fit."""
    by_name = {instance.name: instance for instance in now}
    for before in chosen:
        after = by_name.get(before.name)
        if after is None or after.incarnation != before.incarnation:
            return f"{before.name} was replaced before it was harmed"
        if not after.ready or after.backing_off:
            return f"{before.name} is {'backing off' if after.backing_off else 'not ready'}"
        if after.restarted is not None and after.restarted < FRESH:
            return f"{before.name} restarted {after.restarted:.0f}s ago"
    return None


def _services(scenario: Scenario, fault: Fault) -> Collection[str]:
    if reach(fault) is Reach.SYSTEM:
        return scenario.system.services
    return [fault.service] if fault.service else []


def _chosen(
    fault: Fault, system: str, platform: Platform, among: Sequence[Instance], rng: Random, struck: Collection[str]
) -> tuple[Instance, ...]:
    if reach(fault) is Reach.SYSTEM:
        return fault.share.pick(system, among, rng)
    if not fault.service:
        return ()
    if reach(fault) is Reach.INSTANCES:
        return fault.share.pick(fault.service, among, rng, struck)
    if not isinstance(platform, Nodes):
        raise NoTargets(f"choosing whom to harm: the platform {platform.name} knows no nodes")
    return fault.share.pick_nodes(fault.service, among, platform.workers(), rng)
