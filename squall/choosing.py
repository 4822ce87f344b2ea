"""Choosing whom a scenario harms: from what the platform shows, with the scenario's seed."""

import random
from collections.abc import Callable, Sequence

from squall.errors import NoTargets
from squall.faults.fault import reach
from squall.platforms.capability import Platform
from squall.platforms.harming import Nodes
from squall.scenario import Scenario
from squall.target import Instance, Reach


def there(scenario: Scenario, instances: Callable[[str], Sequence[Instance]]) -> Sequence[Instance]:
    """Return what there is to choose from: the instances of the harmed service, or of all services."""
    fault = scenario.fault
    services = scenario.system.services if reach(fault) is Reach.SYSTEM else [fault.service] if fault.service else []
    return [instance for service in services for instance in instances(service)]


def chosen(scenario: Scenario, platform: Platform, among: Sequence[Instance]) -> tuple[Instance, ...]:
    """Return the instances of ``among`` that are going to be harmed; nobody for a scenario that harms nobody.

    Raises:
        NoTargets: nothing matches, or fewer than asked.
    """
    fault, rng = scenario.fault, random.Random(scenario.seed)  # noqa: S311 - not a secret
    if reach(fault) is Reach.SYSTEM:
        return fault.share.pick(scenario.system.name, among, rng)
    if not fault.service:
        return ()
    if reach(fault) is Reach.INSTANCES:
        return fault.share.pick(fault.service, among, rng)
    if not isinstance(platform, Nodes):
        raise NoTargets(f"choosing whom to harm: the platform {platform.name} knows no nodes")
    return fault.share.pick_nodes(fault.service, among, platform.workers(), rng)
