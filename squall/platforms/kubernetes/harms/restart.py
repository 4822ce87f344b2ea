"""Starting the pods of a workload anew, by turns: a label of the pods' template, by which they are known. Pure.

Without the label the workload has its old template, and so its old pods, again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue as Json

from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.objects.pods import begun

RESTARTED = "squall.dev/restarted"
_LABEL = f"/spec/template/metadata/labels/{RESTARTED.replace('/', '~1')}"


def anew() -> Mapping[str, Json]:
    """Return the field of a workload (JSON pointer: value) that has its controller replace all pods."""
    return {_LABEL: f"{datetime.now(UTC):%Y%m%dT%H%M%S}"}


def started_anew(pods: Sequence[Object], workload: Object) -> Sequence[Object]:
    """Return the pods of the restart that a workload says whose node has begun, or can not begin, to run them."""
    said = _said(workload["spec"]["template"])
    return [pod for pod in pods if said and _said(pod) == said and begun(pod)]


def _said(bearer: Object) -> str:
    return str((bearer["metadata"].get("labels") or {}).get(RESTARTED) or "")
