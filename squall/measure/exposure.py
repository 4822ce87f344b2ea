"""Whether anybody came across the fault: what users never reach they cannot feel. Pure."""

from collections import Counter
from collections.abc import Iterator

from squall.measure.excess import cores
from squall.measure.harm import onset
from squall.measure.witness import Witness, witness
from squall.record.event import HarmEnded, InstanceChanged, InstancesListed, LoadStarted, SteadyFound
from squall.record.folder import Record
from squall.record.plan import Objective
from squall.record.samples import NEW, REUSED

# That none of so many goes to one of ten instances that are asked alike happens by chance once in 38,000 times.
FEWEST = 100


def unasked(record: Record) -> str | None:
    """Say of which service users asked others only than were harmed; None: they asked them, or it is not known.

    It is known where answers say who gave them, and only of a service that answers users itself: the share that a
    database serves is in no answer.
    """
    answered = _answered(record)
    for service in dict.fromkeys(target.service for target in record.plan.targets):
        harmed = [target.name for target in record.plan.targets if target.service == service]
        total = sum(answered[name] for name in {*_instances(record, service), *harmed})
        if total >= FEWEST and not any(answered[name] for name in harmed):
            return f"none of users' {total} requests to {service} before the harm was answered by {', '.join(harmed)}"
    return None


def not_let_in(record: Record, since: float, until: float) -> str | None:
    """Say that nobody new got in while users, who keep their connections, were well; None: it was not so.

    The prober's lane of new connections was served worse than the objective allows, and its lane of kept ones, which
    asks for the same path, was not. Where users connect anew their requests show it themselves.
    """
    started = next(record.events(LoadStarted), None)
    if started is None or started.connections in {"", NEW}:
        return None
    objective = record.plan.objective
    lanes = {name: record.probes.chosen(record.probes.lane.equal(name)) for name in (NEW, REUSED)}
    seen = {name: witness(lane, since, until, objective.latency) for name, lane in lanes.items()}
    if not _badly(seen[NEW], objective) or _badly(seen[REUSED], objective):
        return None
    failed, total = int(seen[NEW].failed.sum()), len(seen[NEW].at)
    what = f"{failed} of {total} probes with a new connection failed" if failed else "new connections were slow"
    return f"users kept their connections ({started.connections}), and {what}, while those with a kept one were well"


def _badly(seen: Witness, objective: Objective) -> bool:
    parts = (seen.failed, objective.success), (seen.slow, objective.percentile)
    return any(cores(bad, 1 - share / 100) for bad, share in parts)


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
