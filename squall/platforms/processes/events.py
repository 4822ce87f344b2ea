"""Changes between two looks as events of the record. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from squall.instances import Trouble
from squall.platforms.processes.status import BACKING_OFF, ProcessStatus
from squall.record.event import (
    EndpointChanged,
    Event,
    InstanceChanged,
    InstanceListed,
    InstancesListed,
    Noted,
    RevisionSeen,
    State,
    TroubleSeen,
)
from squall.writing.redact import redacted

NODE = "localhost"
# So much of what a platform says is kept.
LONGEST = 200


def first(t: float, service: str, names: Sequence[str], seen: Mapping[str, ProcessStatus]) -> Iterator[Event]:
    """Yield the whole state of a service."""
    listed = (
        InstanceListed(name, seen[name].incarnation, seen[name].ready, NODE) for name in names if seen[name].incarnation
    )
    yield InstancesListed(t, service, instances=tuple(listed))
    for name in names:
        if seen[name].served:
            yield EndpointChanged(t, service, name=name, ready=True)
        if seen[name].revision:
            yield _revision(t, service, seen[name])


def changes(t: float, service: str, before: ProcessStatus, now: ProcessStatus) -> Iterator[Event]:
    """Yield what became different for one instance; the old incarnation's end comes before the new one's start."""
    if before.served is not now.served and now.served is not None:
        yield EndpointChanged(t, service, name=now.name, ready=now.served)
    if before.incarnation != now.incarnation:
        if before.incarnation:
            yield _instance(t, service, before, "gone", f"process {before.incarnation} is gone")
        if now.incarnation:
            yield _instance(t, service, now, "ready" if now.ready else "unready", now.why)
    elif now.incarnation and before.ready != now.ready:
        yield _instance(t, service, now, "ready" if now.ready else "unready", now.why)
    if now.revision and (now.incarnation, now.revision) != (before.incarnation, before.revision):
        yield _revision(t, service, now)
    if now.state in BACKING_OFF and before.state not in BACKING_OFF:
        yield TroubleSeen(t, service, now.name, Trouble.CRASH_LOOP, redacted(now.why)[:LONGEST])
    if now.state == "FATAL" != before.state:
        yield Noted(t, service, text=f"supervisord gives up on {now.name}: {now.why}")


def _instance(t: float, service: str, seen: ProcessStatus, state: State, reason: str) -> InstanceChanged:
    return InstanceChanged(t, service, seen.name, seen.incarnation, state, NODE, reason)


def _revision(t: float, service: str, seen: ProcessStatus) -> RevisionSeen:
    return RevisionSeen(t, service, name=seen.name, revision=seen.revision)
