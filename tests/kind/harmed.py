"""A small system on the real cluster, and what the tests of harms through the API share."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from squall.agent.expiry.marks import mark_text
from squall.instances import Evidence
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.object_harms import ObjectHarm
from squall.safety.audit import compare
from squall.safety.undo_log import Undo, perform
from squall.system.system import System
from tests.kind.gate import CONTEXT

SYSTEM = System.read(Path(__file__).parents[1] / "platforms" / "harmed_system" / "system.yaml")
NAMESPACE = "squall-harmed"
FRONT, BACK = ObjectRef("deployment", "front", NAMESPACE), ObjectRef("deployment", "back", NAMESPACE)
FRONT_SERVICE, BACK_SERVICE = ObjectRef("service", "front", NAMESPACE), ObjectRef("service", "back", NAMESPACE)


def new_run() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


def platform() -> Kind:
    return Kind(SYSTEM, CONTEXT)


class Someone:
    """A person who writes objects while a harm stands."""

    def __init__(self, kind: Kind) -> None:
        self._api = kind.harm_context.api

    def writes(self, place: ObjectRef, body: Mapping[str, Any]) -> None:
        self._api.patch(f"{place.path}?fieldManager=a-person", body)

    def sees(self, place: ObjectRef) -> Object:
        return self._api.get(place.path)


@contextmanager
def bitten(kind: Kind, run: str, harming: ObjectHarm, lasts: float = 0.0) -> Iterator[Sequence[Evidence]]:
    """Do a harm that must be proven; afterwards undo it, twice, and find nothing left of it."""
    before = kind.baseline()
    undo = harming.undo(run)
    harming.prepare(run)
    try:
        evidence = harming.harm(run, lasts)
        assert all(each.proven for each in evidence), evidence
        assert harming.ended(run) == []
        yield evidence
    finally:
        said = undone(undo)
    again = undone(undo)
    assert not any("as before" in line for line in again), again
    left = compare(before, kind.baseline(), run)
    assert left.leftovers == (), said


def undone(undo: Sequence[Undo]) -> list[str]:
    return [perform(each) for each in reversed(undo)]


def free_of_marks(kind: Kind, *places: ObjectRef) -> bool:
    return all(mark_text(kind.harm_context.api.get(place.path)) is None for place in places)
