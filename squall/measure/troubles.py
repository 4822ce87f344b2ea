"""What the platform said kept a system from its work, from the timeline. Pure, as ``measure`` is."""

from collections.abc import Iterator
from dataclasses import dataclass

from squall.figures import signed
from squall.instances import Trouble
from squall.measure.harm import onset
from squall.record.event import EndpointChanged, InstanceChanged, InstancesListed, TroubleSeen
from squall.record.folder import Record

# So many are told with a finding; more say no more.
MOST = 5
# An instance that was started anew so often is in a loop, whatever its platform calls it.
LOOP = 3


@dataclass(frozen=True, slots=True)
class NamedTrouble:
    """What was said of whom, and when."""

    t: float
    trouble: str
    who: str
    text: str = ""


def troubles(record: Record, start: float, end: float) -> list[NamedTrouble]:
    """Return what the platform said in a time, in order, of each instance or service once for each trouble."""
    told = sorted((each for each in _said(record) if start <= each.t < end), key=lambda each: each.t)
    first: dict[tuple[str, str], NamedTrouble] = {}
    for each in told:
        first.setdefault((each.trouble, each.who), each)
    return list(first.values())


def causes(record: Record) -> list[str]:
    """Return the troubles from the onset to the clean-up as lines, those that say most first; at most ``MOST``."""
    began = onset(record)
    if began is None:
        return []
    found = troubles(record, began.low, record.phase("undo") or began.high + record.plan.observation)
    # That something is not ready says what the others say why.
    found.sort(key=lambda each: (each.trouble == Trouble.NOT_READY, each.t))
    lines = [
        f"{each.trouble}: {each.who} at {signed(each.t - began.low)} s{f' ({each.text})' if each.text else ''}"
        for each in found[:MOST]
    ]
    return [*lines, f"and {len(found) - MOST} more"] if len(found) > MOST else lines


def _said(record: Record) -> Iterator[NamedTrouble]:
    for seen in record.events(TroubleSeen):
        yield NamedTrouble(seen.t, seen.trouble, seen.instance, seen.text)
    for change in record.events(InstanceChanged):
        if change.state == "unready":
            yield NamedTrouble(change.t, Trouble.NOT_READY, change.name, change.reason)
    yield from _without_endpoints(record)
    yield from _loops(record)


def _without_endpoints(record: Record) -> Iterator[NamedTrouble]:
    """Yield each moment at which the last instance of a service was withdrawn from traffic."""
    serving: dict[str, set[str]] = {}
    for event in record.events(EndpointChanged):
        there = serving.setdefault(event.who, set())
        if event.ready:
            there.add(event.name)
        elif event.name in there:
            there.discard(event.name)
            if not there:
                yield NamedTrouble(event.t, Trouble.NO_ENDPOINTS, event.who, f"{event.name} was the last")


def _loops(record: Record) -> Iterator[NamedTrouble]:
    """Yield each instance at its third start anew: a platform may restart it without calling that a loop."""
    starts: dict[str, set[str]] = {}
    for event in record.events(InstancesListed, InstanceChanged):
        if isinstance(event, InstancesListed):
            for each in event.instances:
                starts.setdefault(each.name, set()).add(each.incarnation)
        elif (
            isinstance(event, InstanceChanged)
            and event.state != "gone"
            and event.incarnation not in (known := starts.setdefault(event.name, set()))
        ):
            known.add(event.incarnation)
            if len(known) == LOOP + 1:
                yield NamedTrouble(event.t, Trouble.CRASH_LOOP, event.name, f"started {LOOP} times anew")
