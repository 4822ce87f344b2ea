"""Whether what somebody names is there in a cluster: looked up, never run. Reads metadata alone."""

from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.paths import NODES, namespace, within


def missing_object(api: Api, kind: str, name: str, selector: str, where: str) -> str:
    """Say that an object, or pods with a selector, is not there in the namespace ``where``; empty: it is.

    Raises:
        HarnessFailed: the API server does not say.
    """
    if selector:
        found = api.metadata(within(where, "pod"), {"labelSelector": selector, "limit": "1"})
        return "" if found else f"no pod in {where} has {selector}"
    path = {"node": f"{NODES}/{name}", "namespace": namespace(name)}.get(kind, within(where, kind, name))
    if api.find(path) is not None:
        return ""
    return f"there is no {kind} {name}" + ("" if kind in {"node", "namespace"} else f" in {where}")
