"""Which pods are a workload's own: by its whole selector, and by who controls them. Pure: nothing here asks anybody."""

from collections.abc import Mapping
from dataclasses import dataclass

from squall.platforms.kubernetes.api.client import Object

# The Deployment's controller names a ReplicaSet by the Deployment and this label of its pods.
TEMPLATE_HASH = "pod-template-hash"


@dataclass(frozen=True, slots=True)
class Members:
    """The pods of one workload. ``kind`` is in lower case; ``container`` is the one to look at in each, if named.

    Labels alone do not tell: a Job's pod or another Deployment's canary may bear the same ones.
    """

    kind: str
    name: str
    selector: Object
    container: str = ""

    @classmethod
    def of(cls, kind: str, workload: Object, container: str = "") -> "Members":
        """Return those of a workload as the API server tells it."""
        return cls(kind, str(workload["metadata"]["name"]), workload["spec"].get("selector") or {}, container)

    def has(self, pod: Object) -> bool:
        """Say whether a pod is one of them."""
        return matches(self.selector, pod["metadata"].get("labels") or {}) and self._controls(pod)

    def _controls(self, pod: Object) -> bool:
        owners = pod["metadata"].get("ownerReferences") or ()
        owner: Object = next((each for each in owners if each.get("controller")), {})
        of = str(owner.get("kind")).lower(), owner.get("name")
        if self.kind != "deployment":
            return of == (self.kind, self.name)
        labels = pod["metadata"].get("labels") or {}
        return of == ("replicaset", f"{self.name}-{labels.get(TEMPLATE_HASH)}")


def matches(selector: Object, labels: Mapping[str, str]) -> bool:
    """Say whether labels fit a label selector, all of it; an empty one fits nobody's here."""
    wanted, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or ()
    if not wanted and not expressions:
        return False
    return all(labels.get(key) == value for key, value in wanted.items()) and all(_fits(e, labels) for e in expressions)


def _fits(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = str(expression["key"]), expression.get("values") or ()
    # As Kubernetes has it, a label that is not there is not in any list.
    fits = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return fits.get(str(expression["operator"]), False)
