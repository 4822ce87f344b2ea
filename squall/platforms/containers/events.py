"""What became different about a container, as events of the record. Pure."""

from collections.abc import Iterator, Sequence

from squall.platforms.containers.status import NODE, ContainerStatus
from squall.record.event import EndpointChanged, InstanceChanged, InstanceListed, InstancesListed, State


def first(t: float, service: str, containers: Sequence[ContainerStatus]) -> Iterator[InstancesListed | EndpointChanged]:
    """Yield the whole state of a service."""
    listed = (InstanceListed(each.name, each.incarnation, each.ready, NODE) for each in containers if each.incarnation)
    yield InstancesListed(t, service, instances=tuple(listed))
    for each in containers:
        if each.incarnation:
            yield _endpoint(t, service, each.name, ready=True)


def changes(
    t: float, service: str, before: ContainerStatus | None, now: ContainerStatus | None
) -> Iterator[InstanceChanged | EndpointChanged]:
    """Yield what changed of one container; the old incarnation's end comes before the new one's start.

    Docker leads users and neighbours to whatever runs, whatever its health check says: the endpoint is withdrawn when
    the container ends, and is back when it has started.
    """
    old, new = before.incarnation if before else "", now.incarnation if now else ""
    if old == new:
        if new and before and now and before.ready != now.ready:
            yield _instance(t, service, now, "ready" if now.ready else "unready", now.why)
        return
    if old and before:
        yield _endpoint(t, service, before.name, ready=False)
        yield _instance(t, service, before, "gone", now.why if now and not new else "it was removed or started anew")
    if new and now:
        yield _endpoint(t, service, now.name, ready=True)
        yield _instance(t, service, now, "ready" if now.ready else "unready", now.why)


def _endpoint(t: float, service: str, name: str, *, ready: bool) -> EndpointChanged:
    return EndpointChanged(t, service, name=name, ready=ready)


def _instance(t: float, service: str, seen: ContainerStatus, state: State, reason: str) -> InstanceChanged:
    return InstanceChanged(t, service, seen.name, seen.incarnation, state, NODE, reason)
