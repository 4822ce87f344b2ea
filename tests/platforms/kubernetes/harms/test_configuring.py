"""A configuration that is put in place and taken back, on a server that keeps objects; its controller is the tests'."""

import copy
from pathlib import Path
from typing import Any

import pytest

from squall.agent.expiry.marks import mark_text
from squall.errors import InjectionFailed
from squall.instances import Ended
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.kubernetes.baseline import baseline
from squall.platforms.kubernetes.harms.restart import RESTARTED
from squall.platforms.kubernetes.objects.pods import begun, stays, told
from squall.platforms.kubernetes.objects.references import reads
from squall.platforms.object_harms import ObjectHarm
from squall.safety.undo_log import UndoLog
from tests.platforms.conftest import Served
from tests.platforms.harmed import BACK, CONFIGMAP, NAMESPACE, REFERENCE, deployment, harm_context, ordered, pod, up
from tests.platforms.kept import Kept

RUN = "20261121T100000-configured"
WAITS = {"waiting": {"reason": "ContainerCreating"}}
RUNS: dict[str, Any] = {"running": {}}
UNCONFIGURED = {"waiting": {"reason": "CreateContainerConfigError"}}
BROKEN = "names a port that nobody asks"


def starts(state: dict[str, Any]) -> Any:
    """A controller that starts a pod of each restart."""

    def act(kept: Kept, path: str) -> None:
        labels = kept.at(BACK)["spec"]["template"]["metadata"]["labels"]
        if path == BACK.path and RESTARTED in labels:
            pod(kept, f"back-{len(kept.objects)}", "back", state)["metadata"]["labels"] |= labels

    return act


def harming(served: Served, kept: Kept, configuration: str) -> ObjectHarm:
    kept.serve(served.script)
    on = ApiHarms()
    on.harm_context = harm_context(served)
    return ordered(on, "Configuration", "back", configuration=configuration)


@pytest.mark.parametrize(
    ("state", "word"), [(RUNS, "ContainersNotReady"), (UNCONFIGURED, "CreateContainerConfigError")], ids=["runs", "not"]
)
def test_it_bites_and_is_taken_back_keys_first(served: Served, state: dict[str, Any], word: str) -> None:
    kept = up()
    kept.controller = starts(state)
    before = copy.deepcopy([kept.at(place) for place in (CONFIGMAP, BACK)])
    harm = harming(served, kept, BROKEN)
    keys, pods = harm.harm(RUN, 30.0)
    assert keys.proven
    assert pods.proven
    assert f"was started with it; it is not ready: {word}" in pods.how
    assert kept.at(CONFIGMAP)["data"] == {"PORT": "8099", "COLOUR": "blue"}
    assert all(mark_text(kept.at(place)) for place in (CONFIGMAP, BACK))
    assert kept.written == [CONFIGMAP.path, BACK.path]
    assert harm.ended(RUN) == []
    assert [each.ended for each in harm.end(RUN)] == [Ended.AS_STATED] * 2
    assert kept.written[2:] == [CONFIGMAP.path, BACK.path]
    for place, was in zip((CONFIGMAP, BACK), before, strict=True):
        now = kept.at(place)
        assert (now.get("data"), now.get("spec")) == (was.get("data"), was.get("spec"))
        assert mark_text(now) is None


def test_another_process_takes_it_back_keys_first_and_no_value_is_in_its_log(served: Served, tmp_path: Path) -> None:
    kept = up()
    kept.controller = starts(RUNS)
    harm, log = harming(served, kept, BROKEN), UndoLog(tmp_path / "undo.jsonl")
    for entry in harm.undo(RUN):
        log.open(entry)
    harm.harm(RUN, 30.0)
    assert "8099" not in (tmp_path / "undo.jsonl").read_text()
    proofs = [str(proof) for _, proof in log.replay()]
    assert kept.written[2:] == [CONFIGMAP.path, BACK.path]
    assert proofs[0].startswith(f"configmap {NAMESPACE}/{CONFIGMAP.name} bears no mark: /data/PORT as before")
    assert proofs[1].startswith(f"deployment {NAMESPACE}/back bears no mark: ")


def test_keys_that_are_so_already_are_no_harm(served: Served) -> None:
    kept = up()
    with pytest.raises(InjectionFailed, match=f"{CONFIGMAP.name}: it is so already"):
        harming(served, kept, "is what it was").harm(RUN, 30.0)
    assert kept.written == []


def test_keys_that_nobody_reads_are_no_harm(served: Served) -> None:
    kept = up()
    deployment(kept, BACK)
    with pytest.raises(InjectionFailed, match=r"0 of the ConfigMaps that it reads have PORT \(it reads no ConfigMap"):
        harming(served, kept, BROKEN).harm(RUN, 30.0)
    assert kept.written == []


@pytest.mark.parametrize("controller", [starts(WAITS), lambda kept, path: None], ids=["not started", "no pod"])
def test_without_a_pod_that_was_started_with_it_there_is_no_proof(served: Served, controller: Any) -> None:
    kept = up()
    kept.controller = controller
    pod(kept, "back-old", "back", RUNS)
    keys, pods = harming(served, kept, BROKEN).harm(RUN, 30.0)
    assert keys.proven
    assert not pods.proven
    assert "no effect of it was seen for 30 s" in pods.how


def test_what_is_left_of_it_is_found_by_the_audit(served: Served) -> None:
    kept = up()
    kept.controller = starts(RUNS)
    harm = harming(served, kept, BROKEN)
    before = baseline(served.api, NAMESPACE)
    harm.harm(RUN, 30.0)
    after = baseline(served.api, NAMESPACE)
    assert after.keys() - before.keys() == {
        f"squall's mark on configmap/{CONFIGMAP.name}", "squall's mark on deployment/back"
    }  # fmt: skip
    assert "8099" not in str(after)


def test_what_the_pods_of_a_template_read() -> None:
    spec = {
        "initContainers": [{"envFrom": [{"configMapRef": {"name": "a"}}, {"secretRef": {"name": "s"}}]}],
        "containers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "b", "key": "k"}}},
                                {"valueFrom": {"secretKeyRef": {"name": "t", "key": "k"}}}]}],
        "volumes": [{"configMap": {"name": "c"}}, {"secret": {"secretName": "u"}},
                    {"projected": {"sources": [{"configMap": {"name": "d"}}, {"secret": {"name": "v"}}]}}],
    }  # fmt: skip
    assert reads({"spec": spec}, "configmap") == ["a", "b", "c", "d"]
    assert reads({"spec": spec}, "secret") == ["s", "t", "u", "v"]
    assert reads({"metadata": {}}, "configmap") == []
    assert reads({"spec": {"containers": [{"env": [REFERENCE, REFERENCE]}]}}, "configmap") == [CONFIGMAP.name]


@pytest.mark.parametrize(
    ("status", "is_begun", "is_told"),
    [
        ({"state": RUNS}, True, True),
        ({"state": {"terminated": {}}}, True, True),
        ({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {}}}, True, True),
        ({"state": UNCONFIGURED}, True, True),
        ({"state": {"waiting": {"reason": "ErrImagePull"}}}, False, True),
        ({"state": WAITS}, False, False),
        ({"state": {"waiting": {"reason": "PodInitializing"}}}, False, False),
        ({}, False, False),
    ],
)
def test_what_a_node_tells_of_a_pod(status: dict[str, Any], is_begun: bool, is_told: bool) -> None:
    found = {"metadata": {}, "status": {"containerStatuses": [{"name": "main", **status}]},
             "spec": {"containers": [{"name": "main"}]}}  # fmt: skip
    assert (begun(found), told(found)) == (is_begun, is_told)


@pytest.mark.parametrize(
    ("pod", "there"),
    [
        ({"metadata": {}, "status": {"phase": "Pending"}}, True),
        ({"metadata": {}, "status": {"phase": "Failed"}}, False),
        ({"metadata": {"deletionTimestamp": "now"}, "status": {"phase": "Running"}}, False),
    ],
)
def test_a_pod_on_its_way_out_does_not_stay(pod: dict[str, Any], there: bool) -> None:
    assert stays(pod) is there
