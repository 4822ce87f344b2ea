"""The fields of a cluster that a run must leave as they were, and what bears squall's label. Only reads."""

import hashlib
import json
from collections.abc import Iterator, Mapping

from squall.agent.expiry.marks import mark_text
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.labels import OURS, RUN
from squall.platforms.kubernetes.api.paths import NODES, within
from squall.platforms.kubernetes.marks.mark import Mark
from squall.platforms.kubernetes.objects.workloads import scaler
from squall.safety.audit import OURS as OURS_FIELD

LABELLED = ("pod", "service", "configmap", "deployment")
# Taints that the control plane sets and takes by itself as a node's state changes.
BY_STATE = "node.kubernetes.io/"


def baseline(api: Api, namespace: str) -> Mapping[str, str]:
    """Return name and value of each field."""
    parts = _workloads(api, namespace), _services(api, namespace), _configmaps(api, namespace), _nodes(api)
    fields = {name: value for part in parts for name, value in part}
    for where in (OURS, namespace):
        fields |= dict(_ours(api, where))
    return fields


def _workloads(api: Api, namespace: str) -> Iterator[tuple[str, str]]:
    autoscalers = api.items(within(namespace, "horizontalpodautoscaler"))
    for each in autoscalers:
        yield from _marks(f"horizontalpodautoscaler/{each['metadata']['name']}", each)
    scaled = {"/".join(scaler(each)) for each in autoscalers}
    for kind in ("deployment", "statefulset"):
        for item in api.items(within(namespace, kind)):
            name = f"{kind}/{item['metadata']['name']}"
            yield from _marks(name, item)
            # An autoscaler changes the count as it should.
            if name not in scaled:
                yield f"{name} replicas", str(item["spec"].get("replicas", 1))
            yield f"{name} template", _digest(item["spec"]["template"])


def _services(api: Api, namespace: str) -> Iterator[tuple[str, str]]:
    for item in api.items(within(namespace, "service")):
        name, spec = f"service/{item['metadata']['name']}", item["spec"]
        yield from _marks(name, item)
        yield f"{name} selector", _text(spec.get("selector") or {})
        yield f"{name} type", f"{spec.get('type')} {_text([port.get('nodePort') for port in spec.get('ports') or ()])}"


def _configmaps(api: Api, namespace: str) -> Iterator[tuple[str, str]]:
    # What is in them need not travel: what a harm changed there is in its mark, and goes with it.
    for item in api.metadata(within(namespace, "configmap")):
        yield from _marks(f"configmap/{item['metadata']['name']}", item)


def _nodes(api: Api) -> Iterator[tuple[str, str]]:
    for item in api.items(NODES):
        name, spec = f"node/{item['metadata']['name']}", item.get("spec") or {}
        taints = [taint for taint in spec.get("taints") or () if not str(taint["key"]).startswith(BY_STATE)]
        yield from _marks(name, item)
        yield f"{name} unschedulable", str(bool(spec.get("unschedulable"))).lower()
        yield f"{name} taints", _text(taints)


def _ours(api: Api, namespace: str) -> Iterator[tuple[str, str]]:
    for kind in LABELLED:
        for item in api.items(within(namespace, kind), {"labelSelector": RUN}):
            meta = item["metadata"]
            yield f"{OURS_FIELD}{kind} {namespace}/{meta['name']}", str(meta["labels"][RUN])


def _marks(name: str, item: Object) -> Iterator[tuple[str, str]]:
    if (text := mark_text(item)) is not None:
        try:
            yield f"{OURS_FIELD}mark on {name}", Mark.parsed(text).run
        except ValueError:
            yield f"{name} mark", text


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _digest(value: object) -> str:
    return hashlib.sha256(_text(value).encode()).hexdigest()[:16]
