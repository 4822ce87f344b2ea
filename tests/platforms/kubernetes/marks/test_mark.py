import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from squall.agent.expiry.marks import HARM, mark_text, pointed
from squall.errors import InjectionFailed, Misuse, NotUndone
from squall.platforms.kubernetes.api.client import JSON_PATCH, METADATA
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.marks.apply import ChangedMeanwhile, harm, harm_undo, read_changes
from squall.platforms.kubernetes.marks.mark import FieldChange, Mark, found, marked_patch, reverted, unmarking_patch
from squall.safety.undo_log import Undo, perform
from tests.platforms.api_server import answers
from tests.platforms.conftest import Served
from tests.platforms.json_patch import TestFailed, patched

UNTIL = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
RUN = "20261121T100000-a-node-is-cordoned"
NODE = ObjectRef("node", "worker")
API = ObjectRef("deployment", "api", "web")
QUEUE = ObjectRef("statefulset", "queue", "web")
WROTE = {"/spec/unschedulable": True}


def thing(**meta: Any) -> dict[str, Any]:
    return {"kind": "Thing", "metadata": {"name": "thing", "uid": "u-1", **meta}, "spec": {"replicas": 3}}


def harmed(before: dict[str, Any], wrote: dict[str, Any]) -> tuple[dict[str, Any], tuple[FieldChange, ...]]:
    changes = read_changes(before, wrote)
    return patched(before, marked_patch(before, Mark.of(RUN, UNTIL, changes), changes)), changes


@pytest.mark.parametrize("meta", [{}, {"annotations": {"a": "b"}}])
@pytest.mark.parametrize(
    "wrote",
    [
        {"/spec/replicas": 0},
        {"/spec/unschedulable": True},
        {"/spec/replicas": None},
        {"/spec/replicas": 5, "/spec/paused": True, "/metadata/labels": {"a/b": "c~d"}},
    ],
)
def test_harm_and_mark_come_and_go_together(meta: dict[str, Any], wrote: dict[str, Any]) -> None:
    before = thing(**meta)
    after, changes = harmed(before, wrote)
    for path, value in wrote.items():
        assert pointed(after, path) == value
    text = mark_text(after)
    assert text is not None
    assert Mark.parsed(text) == Mark.of(RUN, UNTIL, changes)
    patch, told = unmarking_patch(after, Mark.parsed(text).changes)
    restored = patched(after, patch)
    # The server shows no empty map of annotations.
    if not restored["metadata"]["annotations"]:
        del restored["metadata"]["annotations"]
    assert (restored, told) == (before, [])


def test_a_field_of_a_list_and_a_key_with_slashes() -> None:
    before = {**thing(), "spec": {"containers": [{"image": "a"}, {"image": "b", "env": ["x", "y"]}], "s": {"a/b~c": 1}}}
    wrote = {"/spec/containers/1/image": "none", "/spec/containers/1/env/0": None, "/spec/s/a~1b~0c": 2}
    after, changes = harmed(before, wrote)
    assert after["spec"] == {"containers": [{"image": "a"}, {"image": "none", "env": ["y"]}], "s": {"a/b~c": 2}}
    patch, told = unmarking_patch(after, changes)
    assert told == ["/spec/containers/1/env/0 was changed by someone else: left alone"]
    assert patched(after, patch)["spec"]["s"] == {"a/b~c": 1}


def other_uid(thing: dict[str, Any]) -> None:
    thing["metadata"]["uid"] = "u-2"


def other_value(thing: dict[str, Any]) -> None:
    thing["spec"]["replicas"] = 4


def other_mark(thing: dict[str, Any]) -> None:
    thing["metadata"]["annotations"] = {HARM: "x", "a": "b"}


@pytest.mark.parametrize("change", [other_uid, other_value, other_mark])
@pytest.mark.parametrize("meta", [{}, {"annotations": {"a": "b"}}])
def test_nothing_is_written_over_what_someone_else_did_meanwhile(meta: dict[str, Any], change: Any) -> None:
    before = thing(**meta)
    changes = read_changes(before, {"/spec/replicas": 0})
    patch = marked_patch(before, Mark.of(RUN, UNTIL, changes), changes)
    now = copy.deepcopy(before)
    change(now)
    with pytest.raises(TestFailed):
        patched(now, patch)


def test_what_someone_else_changed_is_left_alone_and_the_mark_goes() -> None:
    after, changes = harmed(thing(), {"/spec/replicas": 0, "/spec/paused": True, "/spec/x": "y"})
    after["spec"]["replicas"] = 7
    del after["spec"]["x"]
    patch, told = unmarking_patch(after, changes)
    restored = patched(after, patch)
    assert restored["spec"] == {"replicas": 7}
    assert mark_text(restored) is None
    assert told == [
        "/spec/x was set back by someone else",
        "/spec/replicas was changed by someone else: left alone",
    ]


@pytest.mark.parametrize("change", [other_uid, other_mark])
def test_the_undo_tests_object_and_mark(change: Any) -> None:
    after, changes = harmed(thing(), {"/spec/replicas": 0})
    patch, _ = unmarking_patch(after, changes)
    change(after)
    with pytest.raises(TestFailed):
        patched(after, patch)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"run": "a", "until": "never", "undo": {"kind": "x"}}',
                                  '{"run": "a", "until": "2026-11-21T10:00:00", "undo": {"kind": "x"}}'])  # fmt: skip
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|Field required|zone|object|datetime"):
        Mark.parsed(text)


def test_a_node_has_no_namespace() -> None:
    assert NODE.path == "/api/v1/nodes/worker"
    assert API.path == "/apis/apps/v1/namespaces/web/deployments/api"
    with pytest.raises(ValueError, match="a node has no namespace"):
        ObjectRef("node", "worker", "web")


def test_marks_are_found_by_metadata_alone(served: Served) -> None:
    mark = Mark.of(RUN, UNTIL, [FieldChange("/spec/unschedulable", None, True)])
    nodes = [{"metadata": {"name": "a"}}, {"metadata": {"name": "b", "annotations": {HARM: mark.text()}}}]
    broken = [{"metadata": {"name": "c", "annotations": {HARM: "{"}}}]
    empty = answers({"items": []})
    forbidden = answers({"message": "secrets is forbidden"}, 403)
    # What pods read comes before what starts them.
    served.script.then(answers({"items": nodes}), empty, forbidden, answers({"items": broken}))
    served.script.then(*[empty] * 5)
    there, unread = found(served.api, ["web"])
    assert [(one.place, one.mark) for one in there] == [
        (ObjectRef("node", "b"), mark),
        (ObjectRef("deployment", "c", "web"), None),
    ]
    assert "JSON" in there[1].problem
    assert unread == ["secrets of web: secrets is forbidden (403)"]
    assert set(served.script.accepted) == {METADATA}


def test_one_write_harms_and_is_read_back(served: Served) -> None:
    before = thing()
    after, changes = harmed(before, WROTE)
    served.script.then(answers(before), answers(after), answers(after))
    assert harm(served.api, NODE, RUN, UNTIL, changes) == after
    ((method, kind, patch),) = served.script.sent
    assert (method, kind) == ("PATCH", JSON_PATCH)
    assert patched(before, patch) == after


def test_a_test_that_fails_is_told_as_a_change_by_someone_else(served: Served) -> None:
    before, changed = thing(), thing()
    changed["spec"]["unschedulable"] = True
    refused = answers({"message": "the server rejected our request due to an error in our request"}, 422)
    served.script.then(answers(before), refused, answers(changed))
    with pytest.raises(ChangedMeanwhile, match=r"harming node worker: /spec/unschedulable was changed by someone else"):
        harm(served.api, NODE, RUN, UNTIL, read_changes(before, WROTE))


def test_what_the_server_refuses_for_another_reason_keeps_its_reason(served: Served) -> None:
    served.script.then(answers(thing()), answers({"message": "spec.x: Invalid"}, 422), answers(thing()))
    with pytest.raises(InjectionFailed, match=r"spec.x: Invalid \(422\)"):
        harm(served.api, NODE, RUN, UNTIL, read_changes(thing(), WROTE))


def test_what_bears_a_mark_is_not_harmed_again(served: Served) -> None:
    after, _ = harmed(thing(), WROTE)
    served.script.then(answers(after))
    with pytest.raises(ChangedMeanwhile, match=f"another harm .of the run {RUN}, until 2026-11-21 10:05:00 UTC"):
        harm(served.api, NODE, "another", UNTIL, read_changes(after, {"/spec/replicas": 1}))
    assert served.script.sent == []


@pytest.mark.parametrize(
    ("there", "text"), [(thing(), "it is so already"), (None, "it is not there")], ids=["so", "gone"]
)
def test_what_cannot_be_harmed(served: Served, there: Any, text: str) -> None:
    served.script.then(answers(there) if there else answers({}, 404))
    with pytest.raises(InjectionFailed, match=text):
        harm(served.api, NODE, RUN, UNTIL, [FieldChange("/spec/replicas", 3, 3)])


def undo(served: Served) -> Undo:
    return harm_undo(served.api, NODE, RUN)


def test_the_entry_holds_no_value_and_lifts_by_the_mark(served: Served) -> None:
    before = thing()
    after, _ = harmed(before, WROTE)
    entry = undo(served)
    assert "unschedulable" not in str(entry)
    served.script.then(answers(after), answers(before), answers(before), answers(before))
    assert perform(entry) == "node worker bears no mark: /spec/unschedulable as before"
    assert patched(after, served.script.sent[0][2])["spec"] == before["spec"]
    assert perform(entry) == "node worker bears no mark: not harmed, or someone else took it away; left alone"


def test_a_mark_that_was_deleted_by_hand_is_not_all_that_is_said(served: Served) -> None:
    """The node is still cordoned, and nobody but a person can tell by whom."""
    cordoned = thing()
    cordoned["spec"]["unschedulable"] = True
    served.script.then(answers(cordoned))
    assert perform(undo(served)).endswith("took it away; left alone as it is: unschedulable is true")
    assert served.script.sent == []


def bearing(*changes: FieldChange) -> dict[str, Any]:
    found = thing(annotations={HARM: Mark.of(RUN, UNTIL, changes).text()})
    for change in changes:
        found["spec"][change.path.rpartition("/")[2]] = change.wrote
    return found


def test_a_forged_mark_is_not_undone_by_who_may_do_more(served: Served) -> None:
    """M3: a kubelet may annotate its Node, and not take its taints away."""
    forged = bearing(FieldChange("/spec/unschedulable", None, True), FieldChange("/spec/taints", None, []))
    served.script.then(answers(forged))
    with pytest.raises(NotUndone, match="its mark names /spec/taints, which no harm to a node changes: left alone"):
        perform(undo(served))
    assert served.script.sent == []


def test_a_forged_template_is_not_given_to_a_deployment(served: Served) -> None:
    evil: dict[str, Any] = {"spec": {"containers": [{"image": "evil"}]}}
    owned = {"name": "api-1", "labels": {"pod-template-hash": "1"}, "ownerReferences": [{"uid": "u-1"}]}
    was = {"metadata": {"labels": {}}, "spec": {"containers": [{"image": "api:1"}]}}
    served.script.then(
        answers(bearing(FieldChange("/spec/template", evil, {}))),
        answers({"items": [{"metadata": owned, "spec": {"template": was}}]}),
    )
    with pytest.raises(NotUndone, match="its mark names a template that never came out: left alone"):
        perform(harm_undo(served.api, API, RUN))


def test_what_could_not_be_undone_is_not_done(served: Served) -> None:
    changes = (FieldChange("/spec/strategy", None, {"type": "Recreate"}),)
    served.script.then(answers(thing()))
    with pytest.raises(ValueError, match="/spec/strategy of a deployment would not be undone"):
        harm(served.api, API, RUN, UNTIL, changes)


def test_a_race_with_another_writer_is_run_again(served: Served) -> None:
    after, _ = harmed(thing(), {"/spec/replicas": 0})
    scaled = copy.deepcopy(after)
    scaled["spec"]["replicas"] = 9
    free = thing()
    free["spec"]["replicas"] = 9
    served.script.then(answers(after), answers({"message": "a test failed"}, 422), answers(scaled), answers(free))
    served.script.then(answers(free))
    assert perform(harm_undo(served.api, QUEUE, RUN)) == (
        "statefulset web/queue bears no mark: /spec/replicas was changed by someone else: left alone"
    )
    assert patched(scaled, served.script.sent[1][2])["spec"] == {"replicas": 9}


def test_another_run_s_harm_is_left_alone(served: Served) -> None:
    after, _ = harmed(thing(), WROTE)
    served.script.then(answers(after))
    assert "bears the mark of the run" in perform(harm_undo(served.api, NODE, "another"))
    assert served.script.sent == []


def test_what_is_gone_needs_no_undo(served: Served) -> None:
    served.script.then(answers({}, 404))
    assert perform(undo(served)) == "node worker is not there"


@pytest.mark.parametrize(
    "last", [answers({"message": "forbidden"}, 403), answers({"message": "a test failed"}, 422)], ids=["403", "422"]
)
def test_what_cannot_be_lifted_still_stands(served: Served, last: Any) -> None:
    after, _ = harmed(thing(), WROTE)
    for _ in range(5):
        served.script.then(answers(after), last)
    with pytest.raises(NotUndone, match="undoing the harm to node worker: "):
        perform(undo(served))


def test_a_mark_that_the_undo_did_not_take_still_stands(served: Served) -> None:
    after, _ = harmed(thing(), WROTE)
    served.script.then(answers(after), answers(after), answers(after))
    with pytest.raises(NotUndone, match="the mark is still there"):
        perform(undo(served))


def test_another_cluster_behind_the_context_is_not_touched(served: Served) -> None:
    entry = undo(served)
    assert entry.args["cluster"] == "this-cluster"
    served.script.cluster = "made anew"
    with pytest.raises(NotUndone, match=r"leads to another cluster now \(uid made anew, it was this-cluster\)"):
        perform(entry)
    assert served.script.asked == []


def test_an_entry_of_a_version_that_noted_no_cluster_is_replayed(served: Served) -> None:
    entry = undo(served)
    served.script.then(answers({}, 404))
    args = {name: value for name, value in entry.args.items() if name != "cluster"}
    assert perform(Undo(entry.kind, entry.about, args)) == "node worker is not there"


def test_a_context_that_is_gone_is_misuse_that_does_not_hide_the_harm(served: Served) -> None:
    entry = undo(served)
    with pytest.raises(Misuse):
        perform(Undo(entry.kind, entry.about, {**entry.args, "context": "gone"}))


def cordoned_by(manager: str) -> dict[str, Any]:
    """A node that squall has marked and cordoned, as the server tells of it once ``manager`` has set the cordon."""
    change = FieldChange("/spec/unschedulable", None, True)
    mark = Mark.of("r", datetime(2026, 12, 1, tzinfo=UTC), [change]).text()
    ours: dict[str, Any] = {"f:metadata": {"f:annotations": {"f:squall.dev/harm": {}}}}
    entries = [
        {"manager": "squall", "time": "2026-12-01T00:00:00Z", "fieldsV1": ours},
        {"manager": manager, "time": "2026-12-01T00:00:09Z", "fieldsV1": {"f:spec": {"f:unschedulable": {}}}},
    ]
    meta = {"name": "w", "uid": "u", "annotations": {"squall.dev/harm": mark}, "managedFields": entries}
    return {"metadata": meta, "spec": {"unschedulable": True}}


def test_a_value_that_someone_has_set_again_for_himself_is_left_alone() -> None:
    """He uncordoned the node that squall had cordoned, and then cordoned it: the value is the same, the hand is not."""
    changes = [FieldChange("/spec/unschedulable", None, True)]
    patch, told = unmarking_patch(cordoned_by("kubectl-cordon"), changes)
    assert [each["path"] for each in patch if each["op"] != "test"] == ["/metadata/annotations/squall.dev~1harm"]
    who = "kubectl-cordon at 2026-12-01T00:00:09Z"
    assert told == [f"/spec/unschedulable was set anew by someone else ({who}): left alone"]
    assert reverted(cordoned_by("kubectl-cordon"), "r") == f"/spec/unschedulable was changed by someone else ({who})"


def test_what_is_still_set_by_who_set_the_mark_is_set_back() -> None:
    patch, told = unmarking_patch(cordoned_by("squall"), [FieldChange("/spec/unschedulable", None, True)])
    assert "/spec/unschedulable" in [each["path"] for each in patch if each["op"] == "remove"]
    assert (told, reverted(cordoned_by("squall"), "r")) == ([], "")
