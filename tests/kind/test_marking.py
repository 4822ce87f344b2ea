"""Harm and mark in one write, on a real API server: what its JSON Patch tests, and what others do meanwhile."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import namespace, within
from squall.platforms.kubernetes.marks.apply import ChangedMeanwhile, harm, harm_undo, read_changes
from squall.platforms.kubernetes.marks.mark import Mark, found, marked_patch
from squall.safety.undo_log import perform
from tests.kind.gate import CONTEXT

pytestmark = [pytest.mark.proof, pytest.mark.kind]
NAMESPACE = f"squall-test-{uuid.uuid4().hex[:8]}"
# The server compares texts as its own bytes: letters that it escapes, and that others do.
ODD = 'é <b> & "q" \u2028 😀 \\ \t'
UNTIL = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    api = Api(CONTEXT)
    api.create("/api/v1/namespaces", {"kind": "Namespace", "metadata": {"name": NAMESPACE}})
    yield api
    api.remove(namespace(NAMESPACE), api.get(namespace(NAMESPACE))["metadata"]["uid"])
    api.close()


@pytest.fixture(params=[{}, {"annotations": {"a": "b"}}], ids=["bare", "annotated"])
def place(api: Api, request: pytest.FixtureRequest) -> ObjectRef:
    place = ObjectRef("configmap", f"c-{uuid.uuid4().hex[:8]}", NAMESPACE)
    body = {"kind": "ConfigMap", "metadata": {"name": place.name, **request.param}, "data": {"k": ODD, "n": "1"}}
    api.create(within(NAMESPACE, "configmap"), body)
    return place


def kept(found: Any) -> Any:
    return found["data"], found["metadata"].get("annotations")


def runs_at(api: Api, place: ObjectRef) -> list[str]:
    return [marked.mark.run for marked in found(api, [NAMESPACE])[0] if marked.mark and marked.place == place]


@pytest.mark.parametrize(
    "wrote",
    [{"/data/k": ODD + ODD}, {"/data/new": ODD}, {"/data/k": None}, {"/data/k": None, "/data/n": "2", "/data/z": "3"}],
)
def test_harm_and_mark_come_and_go_together(api: Api, place: ObjectRef, wrote: dict[str, Any]) -> None:
    before = api.get(place.path)
    undo = harm_undo(api, place, "run <é>")
    after = harm(api, place, "run <é>", UNTIL, read_changes(before, wrote))
    assert {path: after["data"].get(path.removeprefix("/data/")) for path in wrote} == wrote
    assert runs_at(api, place) == ["run <é>"]
    assert perform(undo).startswith(f"{place} bears no mark: /data/")
    assert kept(api.get(place.path)) == kept(before)
    assert runs_at(api, place) == []
    assert "not harmed" in perform(undo)


@pytest.mark.parametrize("other", [{"data": {"k": "someone else's"}}, {"data": {"k": None}}])
def test_who_changes_it_between_our_reading_and_our_writing_wins(api: Api, place: ObjectRef, other: Any) -> None:
    before = api.get(place.path)
    changes = read_changes(before, {"/data/k": "ours"})
    api.patch(place.path, other)
    theirs = kept(api.get(place.path))
    with pytest.raises(ChangedMeanwhile, match="/data/k was changed by someone else meanwhile"):
        harm(api, place, "r", UNTIL, changes)
    # The write itself is refused, too: nobody is so quick as to be sure of it by reading.
    with pytest.raises(Exception, match="422"):
        api.patch_tested(place.path, marked_patch(before, Mark.of("r", UNTIL, changes), changes))
    assert kept(api.get(place.path)) == theirs


def test_who_changes_it_after_us_is_left_alone(api: Api, place: ObjectRef) -> None:
    harm(api, place, "r", UNTIL, read_changes(api.get(place.path), {"/data/k": "ours", "/data/n": "ours"}))
    api.patch(place.path, {"data": {"k": "someone else's"}})
    said = perform(harm_undo(api, place, "r"))
    assert said.startswith(f"{place} bears no mark: /data/n as before; /data/k was changed by someone else")
    assert said.endswith(": left alone")
    assert api.get(place.path)["data"] == {"k": "someone else's", "n": "1"}


def test_a_second_run_does_not_harm_what_bears_a_mark(api: Api, place: ObjectRef) -> None:
    harm(api, place, "first", UNTIL, read_changes(api.get(place.path), {"/data/k": "ours"}))
    with pytest.raises(ChangedMeanwhile, match="of the run first, until 2026-11-21 12:00:00 UTC"):
        harm(api, place, "second", UNTIL, read_changes(api.get(place.path), {"/data/n": "ours"}))
    assert "left alone" in perform(harm_undo(api, place, "second"))
    assert "as before" in perform(harm_undo(api, place, "first"))


def test_what_is_made_anew_under_the_harm_is_not_touched(api: Api, place: ObjectRef) -> None:
    before = api.get(place.path)
    harm(api, place, "r", UNTIL, read_changes(before, {"/data/k": "ours"}))
    api.remove(place.path, before["metadata"]["uid"])
    assert perform(harm_undo(api, place, "r")) == f"{place} is not there"
