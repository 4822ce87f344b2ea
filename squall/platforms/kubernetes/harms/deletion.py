"""Deleting pods through the API, and the proof that they went."""

from collections.abc import Sequence
from http import HTTPStatus

from squall.clock import Clock
from squall.instances import Evidence, Instance
from squall.interval import Interval
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.objects.pods import trouble
from squall.waiting import poll

LOOK_EVERY = 0.05


def delete(
    api: Api, namespace: str, instances: Sequence[Instance], limit: float, clock: Clock, grace: int | None = None
) -> Sequence[Evidence]:
    """Delete pods as an operator would, each with its uid as a precondition, and wait until none of them is there.

    The onset lies between the request and its acceptance: from then on the pod is out of traffic and being stopped.
    It is proven only by the pod being gone, within ``limit`` seconds for all. ``grace`` is how long the pod may take to
    stop (s; None: as long as it says itself). With 0 the API forgets it without waiting for its node.
    """
    asked = {instance.name: _ask(api, namespace, instance, clock, grace) for instance in instances}
    deadline = clock.now() + limit
    return [_proof(api, namespace, instance, asked[instance.name], deadline, clock) for instance in instances]


def _ask(api: Api, namespace: str, instance: Instance, clock: Clock, grace: int | None) -> tuple[Interval, str]:
    before, refused = clock.now(), ""
    try:
        api.delete(within(namespace, "pod", instance.name), _uid(instance), grace)
    except ApiFailed as error:
        gone = error.status == HTTPStatus.NOT_FOUND
        refused = "it was gone before" if gone else error.reason
    return Interval(before, clock.now()), refused


def _proof(
    api: Api, namespace: str, instance: Instance, asked: tuple[Interval, str], deadline: float, clock: Clock
) -> Evidence:
    onset, refused = asked
    if refused:
        return Evidence(instance.name, False, f"not deleted: {refused}", onset)
    path = within(namespace, "pod", instance.name)

    def gone(pod: Object | None) -> bool:
        return pod is None or pod["metadata"]["uid"] != _uid(instance)

    within_s = max(0.0, deadline - clock.now())
    pod = poll(lambda: api.find(path), within=within_s, every=LOOK_EVERY, clock=clock, done=gone)
    if pod is not None and not gone(pod):
        how = f"still there {clock.now() - onset.high:.1f} s after its deletion ({_state(pod)})"
        return Evidence(instance.name, False, how, onset)
    how = f"pod of uid {_uid(instance)} is gone {clock.now() - onset.high:.2f} s after its deletion was accepted"
    return Evidence(instance.name, True, how, onset)


def _uid(instance: Instance) -> str:
    return instance.incarnation.partition("/")[0]


def _state(pod: Object) -> str:
    grace = pod["metadata"].get("deletionGracePeriodSeconds")
    return f"Terminating, grace {grace} s" if pod["metadata"].get("deletionTimestamp") else trouble(pod)
