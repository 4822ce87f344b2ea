"""The rule by which a harm that is held in the API is taken back: only what still is as it was written. Pure.

Whoever undoes keeps to it, from any process: the run, its guard, ``squall undo``, and the expiry in the cluster, for
which it stands here.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

HARM = "squall.dev/harm"
ANNOTATIONS = "/metadata/annotations"
MARK = f"{ANNOTATIONS}/{HARM.replace('/', '~1')}"

TEMPLATE = "/spec/template"
# What a mark may have changed, by the kind of its object: JSON pointers (RFC 6901), a ``*`` for any one step.
# A mark is written by whoever may annotate an object, and undone by who may change more of it: all else is left alone.
_RESTARTED = "/spec/template/metadata/labels/squall.dev~1restarted"
POINTERS: Mapping[str, tuple[str, ...]] = {
    "node": ("/spec/unschedulable",),
    "deployment": ("/spec/replicas", "/spec/paused", TEMPLATE, _RESTARTED),
    "statefulset": ("/spec/replicas", _RESTARTED),
    "service": (
        "/spec/type", "/spec/selector/*", "/spec/ports/*/nodePort", "/spec/externalTrafficPolicy",
        "/spec/healthCheckNodePort", "/spec/allocateLoadBalancerNodePorts", "/spec/loadBalancerClass",
        "/spec/loadBalancerIP", "/spec/loadBalancerSourceRanges",
    ),
    "configmap": ("/data/*",),
    "horizontalpodautoscaler": ("/spec/minReplicas", "/spec/maxReplicas"),
}  # fmt: skip

Object = Mapping[str, Any]


def mark_text(found: Object) -> str | None:
    """Return the value of an object's mark, or None if it bears none."""
    text = (found["metadata"].get("annotations") or {}).get(HARM)
    return None if text is None else str(text)


def pointed(found: Object, path: str) -> Any:
    """Return the value that a JSON pointer (RFC 6901) leads to, or None if there is nothing."""
    value: Any = dict(found)
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def unlisted(kind: str, paths: Iterable[str]) -> str:
    """Return the first of the JSON pointers that no harm to an object of a kind changes; empty: all may be undone."""
    known = [_steps(pointer) for pointer in POINTERS.get(kind, ())]
    return next((path for path in paths if not any(_leads(pointer, _steps(path)) for pointer in known)), "")


def _steps(pointer: str) -> list[str]:
    return pointer.split("/")


def _leads(pointer: list[str], path: list[str]) -> bool:
    return len(pointer) == len(path) and all(a in {"*", b} and b for a, b in zip(pointer[1:], path[1:], strict=True))


def kind_at(path: str) -> str:
    """Return the kind of the object at a path of the API, in singular and lower case."""
    return path.split("/")[-2].removesuffix("s")


def taken_over(found: Object, path: str) -> bool:
    """Say whether a field is someone else's by now though it has our value: who set it anew is not who set the mark.

    Where ``managedFields`` does not say who set it (parts of lists and of atomic maps) the value alone counts.
    """
    owners, ours = _managers(found, path), _managers(found, MARK)
    return bool(owners) and bool(ours) and not owners & ours


def _managers(found: Object, path: str) -> set[str]:
    keys = [f"f:{part.replace('~1', '/').replace('~0', '~')}" for part in path.split("/")[1:]]
    entries = found["metadata"].get("managedFields") or ()
    return {str(each.get("manager")) for each in entries if _holds(each.get("fieldsV1") or {}, keys)}


def _holds(fields: Object, keys: Iterable[str]) -> bool:
    for key in keys:
        if key not in fields:
            return False
        fields = fields[key]
    return True


def unmarking(found: Object, changes: Iterable[tuple[str, Any, Any]]) -> list[Object]:
    """Return the one JSON Patch that takes mark and harm away; ``changes`` are path, what was there, what was written.

    It tests the object, the mark as it was read, and each value that it sets back. What is no longer as it was written
    is someone else's, and not in the patch; nor is what someone else has written so again for himself.
    """
    patch: list[Object] = [test("/metadata/uid", found["metadata"]["uid"]), test(MARK, mark_text(found))]
    for path, was, wrote in reversed(list(changes)):
        if pointed(found, path) == wrote and not taken_over(found, path):
            patch += turned(path, wrote, was)
    return [*patch, {"op": "remove", "path": MARK}]


def turned(path: str, before: Any, after: Any) -> list[Object]:
    """Return a test of what is there, and the operation that puts something else in its place (None: nothing)."""
    if after is None:
        return [test(path, before), {"op": "remove", "path": path}]
    if before is None:
        return [test(path, None), added(path, after)]
    return [test(path, before), {"op": "replace", "path": path, "value": after}]


def test(path: str, value: Any) -> Object:
    """Return the operation that refuses all unless a value is there."""
    return {"op": "test", "path": path, "value": value}


def added(path: str, value: Any) -> Object:
    """Return the operation that puts a value where there is none."""
    return {"op": "add", "path": path, "value": value}


def as_the_server(body: Any) -> bytes:
    """Write JSON as the API server does: it compares the texts of a JSON Patch's tests as bytes, escapes and all."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()
