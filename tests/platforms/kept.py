"""An API server that keeps objects: lists, reads, makes, patches and deletes them; somebody acts upon a write."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from squall.platforms.kubernetes.api.object_ref import ObjectRef
from tests.platforms.api_server import Handler, Script, answers
from tests.platforms.json_patch import TestFailed, patched

MANY = 500


@dataclass
class Kept:
    """Objects by where they are; ``controller`` is called after each write, as the cluster's own would see it."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    controller: Callable[["Kept", str], None] = lambda kept, path: None
    written: list[str] = field(default_factory=list)

    def serve(self, script: Script) -> None:
        script.then(*[self.reply] * MANY)

    def put(self, place: ObjectRef, **more: Any) -> dict[str, Any]:
        meta = {"name": place.name, "namespace": place.namespace, "uid": f"uid-{place.name}", "resourceVersion": "1",
                "generation": 1, **more.pop("metadata", {})}  # fmt: skip
        self.objects[place.path] = {"metadata": meta, **more}
        return self.objects[place.path]

    def at(self, place: ObjectRef) -> dict[str, Any]:
        return self.objects[place.path]

    def reply(self, handler: Handler) -> None:
        path = urlsplit(handler.path).path
        match handler.command:
            case "GET" if path in self.objects:
                answers(self.objects[path])(handler)
            case "GET" if path.endswith("s"):
                there = [each for at, each in self.objects.items() if at.rpartition("/")[0] == path]
                answers({"items": [each for each in there if _chosen(each, handler.path)]})(handler)
            case "PATCH" if path in self.objects:
                self._patch(handler, path)
            case "POST" if path.endswith("/eviction"):
                self.written.append(path)
                self.objects.pop(path.removesuffix("/eviction"))
                answers({}, 201)(handler)
            case "POST" if (at := f"{path}/{handler.body['metadata']['name']}") not in self.objects:
                self._create(handler, at)
            case "POST":
                answers({"message": "already exists"}, 409)(handler)
            case "DELETE" if path in self.objects:
                self.written.append(path)
                answers(self.objects.pop(path))(handler)
            case _:
                answers({"message": "not found"}, 404)(handler)

    def _create(self, handler: Handler, at: str) -> None:
        meta = {**handler.body["metadata"], "uid": f"uid-{at}", "resourceVersion": "1", "generation": 1}
        self.objects[at] = {**handler.body, "metadata": meta}
        self.written.append(at)
        answers(self.objects[at], 201)(handler)

    def _patch(self, handler: Handler, path: str) -> None:
        before = self.objects[path]
        try:
            after = patched(before, handler.body)
        except TestFailed as error:
            answers({"message": f"a test failed: {error}"}, 422)(handler)
            return
        if after.get("spec") != before.get("spec"):
            after["metadata"]["generation"] += 1
        after["metadata"]["resourceVersion"] = str(int(after["metadata"]["resourceVersion"]) + 1)
        if not after["metadata"].get("annotations"):
            after["metadata"].pop("annotations", None)
        self.objects[path] = after
        self.written.append(path)
        self.controller(self, path)
        answers(copy.deepcopy(after))(handler)


def _chosen(thing: dict[str, Any], url: str) -> bool:
    """Say whether an object has the label that is asked for, if any is."""
    asked = parse_qs(urlsplit(url).query).get("labelSelector", [])
    labels = thing["metadata"].get("labels") or {}
    return all(
        key in labels and value in {"", labels[key]} for key, _, value in (each.partition("=") for each in asked)
    )
