"""JSON Patch as the API server does it: all or nothing, and a test for null passes where there is nothing."""

import copy
from collections.abc import Sequence
from typing import Any

from squall.platforms.kubernetes.api.client import Object


class TestFailed(Exception):
    """A test did not find what it names; nothing was changed."""

    __test__ = False


def patched(document: Object, patch: Sequence[Object]) -> Any:
    """Return the document after all operations."""
    document = copy.deepcopy(dict(document))
    for operation in patch:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        holder: Any = document
        for part in way:
            holder = holder[int(part) if isinstance(holder, list) else part]
        _do(operation, holder, int(last) if isinstance(holder, list) else last)
    return document


def _do(operation: Object, holder: Any, key: Any) -> None:
    there = key in holder if isinstance(holder, dict) else key < len(holder)
    match operation["op"]:
        case "test":
            if (holder[key] if there else None) != operation["value"]:
                raise TestFailed(operation["path"])
        case "remove":
            del holder[key]
        case "replace":
            assert there, operation
            holder[key] = operation["value"]
        case "add" if isinstance(holder, list):
            holder.insert(key, operation["value"])
        case "add":
            holder[key] = operation["value"]
