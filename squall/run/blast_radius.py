"""Guard rails: how much of a system a scenario may harm at once, and for how long. Pure.

Asked before any harm, and again at the last moment before each, for a replica may have been lost meanwhile. Two rules,
and both hold: no more than the system file permits (``harm_at_most``), and never the last ready instance of a service
that should have several, unless the sentence says ``every`` or the system file permits all of them. A service that is
meant to have one instance can only be harmed whole.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from squall.faults.fault import RaisesLoad, impact, parts
from squall.instances import NOBODY, Impact, Instance
from squall.run.scenario import Scenario
from squall.run.schedule import ScheduledFault
from squall.system.system import System
from squall.units import as_duration


def exceeds_duration(scenario: Scenario) -> str:
    """Say why the harm lasts longer than the system permits; empty: it does not."""
    lasts = max((part.fault.lasts for part in parts(scenario.fault) if part.fault.share is not NOBODY), default=0.0)
    limit = scenario.system.lasts_at_most
    if lasts <= limit:
        return ""
    return (
        f'the harm lasts {as_duration(lasts)}, and "{scenario.system.name}" permits {as_duration(limit)} at most '
        "(lasts_at_most in system.yaml)"
    )


def exceeds_rate(scenario: Scenario) -> str:
    """Say why more requests per second would arrive than the system permits; empty: they would not."""
    load = scenario.system.load
    rises = [part.fault.to(scenario.rate) for part in parts(scenario.fault) if isinstance(part.fault, RaisesLoad)]
    rate = max([scenario.load.highest(scenario.rate), *rises])
    if load.at_most is None or rate <= load.at_most:
        return ""
    return (
        f'{rate:g} requests per second arrive, and "{scenario.system.name}" permits {load.at_most:g} at most '
        "(load.at_most in system.yaml)"
    )


def exceeds_instances(
    system: System, schedule: Sequence[ScheduledFault], among: Sequence[Instance], wanted: Callable[[str], int]
) -> str:
    """Say why a schedule harms more instances at once than is permitted, of those ``among``; empty: it does not.

    ``wanted`` is how many instances a service should have.
    """
    for together in at_once(schedule):
        for service in sorted({instance.service for scheduled in together for instance in scheduled.target.instances}):
            there = [instance for instance in among if instance.service == service]
            harming = [
                scheduled for scheduled in together if any(one.service == service for one in scheduled.target.instances)
            ]
            if said := _exceeds(system, service, harming, there, max(len(there), wanted(service))):
                return f"{' and '.join(dict.fromkeys(act.fault.describe() for act in harming))}: {said}"
    return ""


def at_once(schedule: Sequence[ScheduledFault]) -> Iterator[list[ScheduledFault]]:
    """Yield what is active at the start of each fault; not what harms nobody: a cordoned node keeps what runs on it."""
    harming = [scheduled for scheduled in schedule if impact(scheduled.fault) is not Impact.NOBODY]
    for now in dict.fromkeys(scheduled.at for scheduled in harming):
        yield [
            scheduled
            for scheduled in harming
            if scheduled.at == now or scheduled.at < now < scheduled.at + scheduled.fault.lasts
        ]


def permitted(system: System, service: str, wanted: int) -> int | None:
    """Return how many of a service's instances may be harmed at once; None: the system file does not say."""
    limit = system.services[service].harm_at_most or system.harm_at_most
    if limit is None:
        return None
    return math.floor(wanted * float(limit[:-1]) / 100) if limit.endswith("%") else int(limit)


def _exceeds(
    system: System, service: str, schedule: Sequence[ScheduledFault], there: Sequence[Instance], wanted: int
) -> str:
    harmed = {one.name for scheduled in schedule for one in scheduled.target.instances if one.service == service}
    limit = permitted(system, service, wanted)
    if limit is not None and len(harmed) > limit:
        return f"{len(harmed)} of {wanted} of {service}, and system.yaml permits {limit} at once (harm_at_most)"
    all_permitted = limit is not None and limit >= wanted
    spared = any(one.ready for one in there if one.name not in harmed)
    if wanted <= 1 or spared or all_permitted or any(map(_meant, schedule)):
        return ""
    return (
        f"no ready instance of {service} would be left of {wanted}; write every, or permit it in system.yaml "
        f"(services.{service}.harm_at_most: 100%)"
    )


def _meant(scheduled: ScheduledFault) -> bool:
    """Say whether a sentence means all that there are, wherever they are: it says every."""
    share = scheduled.fault.share
    return share.count is None and share.percent is None and share.within is None
