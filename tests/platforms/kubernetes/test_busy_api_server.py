"""An API server that answers 503 for half a minute, from any request of an undo on: it is there, and does nothing.

Time is virtual; the HTTP is real. What is undone is a run with harms to fields of objects, and a pod.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.errors import SquallError
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.labels import RUN, label
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.marks.apply import harm, harm_undo, read_changes
from squall.platforms.kubernetes.undo import pod_undo
from squall.safety.replay import undo_all
from squall.safety.undo_log import Undo, UndoLog
from squall.testing.platform import VirtualClock
from tests.platforms.api_server import CLUSTER, Handler, answers
from tests.platforms.conftest import Served
from tests.platforms.kept import Kept

pytestmark = pytest.mark.slow

AWAY, PATIENCE = 30.0, 45.0
RUN_NAME = "20261121T100000-busy"
DEPLOYMENT, SERVICE = ObjectRef("deployment", "api", "shop"), ObjectRef("service", "api", "shop")
WORKER, POD = ObjectRef(NODE, "w"), ObjectRef("pod", "probe", "squall")
HARMED: Mapping[ObjectRef, Mapping[str, Any]] = {
    DEPLOYMENT: {"/spec/replicas": 0},
    SERVICE: {"/spec/selector/app": "nobody"},
    WORKER: {"/spec/unschedulable": True},
}
# So many requests an undo of all of it takes, the question which cluster it is among them.
REQUESTS = 40


@dataclass
class Busy:
    """A server that keeps objects, and from its so many-th request on answers 503 for a while."""

    kept: Kept
    clock: VirtualClock
    first: int = -1
    until: float = 0.0
    asked: int = 0
    refused: int = 0

    def reply(self, handler: Handler) -> None:
        if not self.takes(handler):
            self.kept.reply(handler)

    def takes(self, handler: Handler) -> bool:
        """Count a request, and say whether it was refused."""
        if self.asked == self.first:
            self.until = self.clock.now() + AWAY
        self.asked += 1
        if self.clock.now() >= self.until:
            return False
        self.refused += 1
        answers({"message": "apiserver is shutting down"}, 503)(handler)
        return True


@dataclass
class World:
    api: Api
    server: Busy
    log: UndoLog
    before: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, bool]] = field(default_factory=list)

    def objects(self) -> dict[str, Any]:
        """Return what there is, without what every write changes."""
        found = copy.deepcopy(self.server.kept.objects)
        for each in found.values():
            for key in ("resourceVersion", "generation", "annotations"):
                each["metadata"].pop(key, None)
        return found

    def undo(self) -> bool:
        def note(undo: Undo, outcome: str | SquallError) -> None:
            self.notes.append((undo.about, not isinstance(outcome, SquallError)))

        return undo_all(self.log, note, within=PATIENCE, clock=self.server.clock)


@pytest.fixture
def world(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    kept, clock = Kept(), VirtualClock()
    kept.put(DEPLOYMENT, spec={"replicas": 3})
    kept.put(SERVICE, spec={"selector": {"app": "api"}})
    kept.put(WORKER, spec={})
    found = World(served.api, Busy(kept, clock), UndoLog(tmp_path / "undo.jsonl"))
    served.script.then(*[found.server.reply] * 500)
    handled = Handler.do_GET

    def asked(handler: Handler) -> None:
        # Which cluster it is, is asked of the same server.
        if not (handler.path == CLUSTER and found.server.takes(handler)):
            handled(handler)

    for method in ("do_GET", "do_POST", "do_PUT", "do_PATCH", "do_DELETE"):
        monkeypatch.setattr(Handler, method, asked)
    found.before = found.objects()
    until = datetime.now(UTC) + timedelta(minutes=1)
    found.log.open(pod_undo(served.api, POD.namespace, POD.name, RUN_NAME))
    kept.put(POD, metadata={"labels": {RUN: label(RUN_NAME)}})
    for place, wrote in HARMED.items():
        found.log.open(harm_undo(served.api, place, RUN_NAME))
        harm(served.api, place, RUN_NAME, until, read_changes(served.api.get(place.path), wrote))
    assert found.objects() != found.before
    found.server.asked = 0
    return found


def test_nothing_is_left_where_the_server_answers(world: World) -> None:
    assert world.undo()
    assert (world.objects(), world.log.open_entries()) == (world.before, {})
    assert world.server.asked <= REQUESTS


@pytest.mark.parametrize("first", range(REQUESTS))
def test_whichever_request_is_the_first_that_is_refused_all_is_undone(world: World, first: int) -> None:
    world.server.first = first
    assert world.undo()
    assert (world.objects(), world.log.open_entries()) == (world.before, {})
    assert (world.server.refused > 0) == (world.server.until > 0)
    assert [done for _, done in world.notes] == [True] * 4
    assert "not undone" not in json.dumps(world.notes)


@pytest.mark.parametrize("first", range(0, REQUESTS, 4))
def test_what_stands_after_all_patience_is_named_and_undone_later(
    world: World, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.platforms.kubernetes.test_busy_api_server.AWAY", 10 * PATIENCE)
    world.server.first = first
    done = world.undo()
    standing = [undo.about for undo in world.log.open_entries().values()]
    assert done == (not standing)
    assert [about for about, undone in world.notes if not undone] == standing
    world.server.clock.sleep(20 * PATIENCE)
    assert world.undo()
    assert (world.objects(), world.log.open_entries()) == (world.before, {})


def test_every_harm_of_these_is_seen_to_bite(world: World) -> None:
    changed: Sequence[str] = [path for path, was in world.before.items() if world.objects()[path] != was]
    assert set(changed) == {place.path for place in HARMED}
