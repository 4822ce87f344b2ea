"""Whether anybody came across the fault: what users never reach they cannot feel. Pure."""

from collections import Counter
from collections.abc import Iterator

from squall.measure.harm import onset
from squall.record.event import HarmEnded, InstanceChanged, InstancesListed, SteadyFound
from squall.record.folder import Record

# That none of so many goes to one of ten instances that are asked alike happens by chance once in 38,000 times.
FEWEST = 100


def unasked(record: Record) -> str | None:
    """Say of which service users asked others only than were harmed; None: they asked them, or it is not known.

    It is known where answers say who gave them, and only of a service that answers users itself: the share that a
    database serves stands in no answer.
    """
    answered = _answered(record)
    for service in dict.fromkeys(target.service for target in record.plan.targets):
        harmed = [target.name for target in record.plan.targets if target.service == service]
        total = sum(answered[name] for name in {*_instances(record, service), *harmed})
        if total >= FEWEST and not any(answered[name] for name in harmed):
            return f"none of users' {total} requests to {service} before the harm was answered by {', '.join(harmed)}"
    return None


def unmet_act(record: Record) -> str | None:
    """Say which fault was in the way of calls and met none until its end, whatever a trial of its own proved."""
    met: dict[int, list[HarmEnded]] = {}
    for end in record.events(HarmEnded):
        if end.harmed is not None:
            met.setdefault(end.act, []).append(end)
    for ends in met.values():
        if not any(end.harmed for end in ends):
            return f"no call came across the fault: {'; '.join(f'{end.who}: {end.how}' for end in ends)}"
    return None


def _answered(record: Record) -> Counter[str]:
    """Return how many requests of users each instance answered while the state was steady."""
    began, found = onset(record), next(record.events(SteadyFound), None)
    if began is None:
        return Counter()
    start = record.phase("steady") or began.low
    window = (start, began.low) if found is None else (found.start, found.end)
    return record.requests.between(*window).instance.counts()


def _instances(record: Record, service: str) -> Iterator[str]:
    for listed in record.events(InstancesListed, who=service):
        yield from (each.name for each in listed.instances)
    yield from (event.name for event in record.events(InstanceChanged, who=service))
