"""Saying to others in the cluster what is being harmed: an Event about the target, which kubectl describe shows.

What cannot be said is not worth a run: an Event that is refused is told to the record, and nothing else.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from squall.errors import SquallError
from squall.instances import Instance
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.marks.mark import HOW

CONTROLLER = "squall.dev/harness"
# The API server takes no longer note.
LONGEST = 1024


def announce(api: Api, namespace: str, instances: Sequence[Instance], what: str, run: str, lasts: float) -> list[str]:
    """Make an Event about each pod that is harmed; return a line for each that could not be made."""
    refused = []
    for instance in instances:
        body = event(namespace, instance, what, run, lasts, datetime.now(UTC))
        try:
            api.create(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", body)
        except SquallError as error:
            refused.append(f"the harm to {instance.name} could not be announced: {error}")
    return refused


def event(namespace: str, instance: Instance, what: str, run: str, lasts: float, now: datetime) -> Object:
    """Return the Event: which run does what, until when, and how it is undone."""
    until = f"until {now + timedelta(seconds=lasts):%Y-%m-%dT%H:%M:%SZ}" if lasts else "at once"
    note = f"squall harms this pod on purpose ({what}) {until}, in the run {run}. To undo: {HOW}"
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"generateName": "squall-", "namespace": namespace},
        "eventTime": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        # A warning would be taken for something that the cluster complains of.
        "type": "Normal",
        "reason": "HarmedOnPurpose",
        "action": "Harm",
        "note": note[:LONGEST],
        "reportingController": CONTROLLER,
        "reportingInstance": "squall",
        "regarding": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": namespace,
            "name": instance.name,
            "uid": instance.incarnation.partition("/")[0],
        },
    }
