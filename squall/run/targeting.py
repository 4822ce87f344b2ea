"""Choosing whom a scenario harms, and when each is struck: from what the platform shows, with the scenario's seed."""

from collections.abc import Callable, Collection, Sequence
from random import Random

from squall.clock import SYSTEM, Clock
from squall.errors import NoTargets
from squall.faults.fault import Fault, Target, parts, reach
from squall.load.rate import NoTraffic, Traffic
from squall.platforms.capability import Platform
from squall.platforms.object_harms import Nodes
from squall.run.scenario import Scenario
from squall.run.schedule import Act
from squall.target import Instance, Reach

Shown = Callable[[str], Sequence[Instance]]


def there(scenario: Scenario, instances: Shown) -> Sequence[Instance]:
    """Return what there is to choose from: the instances of the harmed services, or of all services."""
    services = dict.fromkeys(service for part in parts(scenario.fault) for service in _services(scenario, part.fault))
    return [instance for service in services for instance in instances(service)]


def course(
    scenario: Scenario,
    platform: Platform,
    run: str,
    clock: Clock = SYSTEM,
    instances: Shown | None = None,
    traffic: Traffic | None = None,
) -> tuple[Act, ...]:
    """Choose the instances of each part of the harm, and return what happens in the order of its beginning.

    Parts of one service take different instances as long as there are enough. ``instances`` says what there is to
    choose from, by service: what the platform shows now, unless it is given. ``traffic`` is the load of a run.

    Raises:
        NoTargets: nothing matches, or fewer than a part asks for.
    """
    load = traffic or NoTraffic()
    rng, struck, shown = Random(scenario.seed), set[str](), instances or platform.instances  # noqa: S311 - no secret
    acts: list[Act] = []
    for part in parts(scenario.fault):
        among = [instance for service in _services(scenario, part.fault) for instance in shown(service)]
        chosen = _chosen(part.fault, scenario.system.name, platform, among, rng, struck)
        struck |= {instance.name for instance in chosen}
        if part.apart is None:
            acts.append(Act(part.fault, Target(platform, chosen, run, clock, load), part.at))
            continue
        step = part.fault.lasts + part.apart
        for number, instance in enumerate(chosen):
            acts.append(Act(part.fault, Target(platform, (instance,), run, clock, load), part.at + number * step))
    return tuple(sorted(acts, key=lambda act: act.at))


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
