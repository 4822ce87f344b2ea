"""What someone else changed of a workload while it was watched, though it may be as it was when nobody looks. Pure.

Read from ``generation``, which grows with each change of the specification, and ``managedFields``, which say who wrote.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from squall.platforms.kubernetes.api.client import FIELD_MANAGER, Object
from squall.platforms.kubernetes.api.watch import WatchedChange
from squall.platforms.kubernetes.objects.field_managers import writer
from squall.platforms.kubernetes.objects.workloads import replicas

# Squall itself, and the autoscaler: it changes a count as it should.
EXPECTED = (FIELD_MANAGER, "kube-controller-manager")
# Where each field that counts is in an object.
PLACES = {"replicas": "/spec/replicas", "template": "/spec/template"}


@dataclass(frozen=True, slots=True)
class _Specification:
    uid: str
    generation: int
    replicas: str
    template: str

    @classmethod
    def of(cls, workload: Object) -> "_Specification":
        meta, spec = workload["metadata"], workload["spec"]
        template = json.dumps(spec.get("template"), sort_keys=True)
        return cls(str(meta["uid"]), int(meta.get("generation") or 0), str(replicas(workload)), template)


class ForeignChanges:
    """The workloads of one kind, as they were seen last."""

    def __init__(self, kind: str, workloads: Sequence[Object]) -> None:
        self._kind = kind
        self._seen = {_name(each): _Specification.of(each) for each in workloads}

    def changed(self, change: WatchedChange) -> str:
        """Return what someone else did by this change; empty if it was squall, the autoscaler, or no specification."""
        name = _name(change.object)
        before, now = self._seen.get(name), _Specification.of(change.object)
        if change.kind == "DELETED":
            self._seen.pop(name, None)
            return f"{self._kind}/{name} was deleted" if before is not None else ""
        self._seen[name] = now
        if before is None or now.uid != before.uid:
            return f"{self._kind}/{name} was made anew" if before is not None else ""
        if now.generation == before.generation:
            return ""
        return "; ".join(self._differences(name, before, now, change.object))

    def _differences(self, name: str, before: _Specification, now: _Specification, found: Object) -> Iterator[str]:
        if now.replicas != before.replicas and (who := _foreigner(found, "replicas")):
            yield f"{self._kind}/{name} replicas was {before.replicas} and became {now.replicas} ({who})"
        if now.template != before.template and (who := _foreigner(found, "template")):
            yield f"{self._kind}/{name} template was changed ({who})"


def _foreigner(found: Object, field: str) -> str:
    """Return who wrote a field last; empty if that was expected. Who is not told of is a stranger."""
    who = writer(found, PLACES[field]) or "by whom is not told"
    return "" if who.partition(" at ")[0] in EXPECTED else who


def _name(workload: Object) -> str:
    return str(workload["metadata"]["name"])
