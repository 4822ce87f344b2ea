from datetime import UTC, datetime
from typing import Any

import pytest

from squall.instances import Trouble
from squall.platforms.kubernetes.objects.endpoints import EndpointEvents
from squall.platforms.kubernetes.objects.events import note
from squall.platforms.kubernetes.objects.pods import (
    PodEvents,
    PodTroubles,
    fresh,
    incarnation,
    instance,
    selects,
    trouble,
    troubles,
)
from squall.record.event import InstanceListed

NOW = datetime(2026, 11, 21, 10, 0, 30, tzinfo=UTC)
OLD, NEW = "a" * 64, "b" * 64
RUNNING: dict[str, Any] = {"running": {"startedAt": "2026-11-21T09:00:00Z"}}
ENDED: dict[str, Any] = {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": "2026-11-21T10:00:00Z"}}
BACK_OFF: dict[str, Any] = {"waiting": {"reason": "CrashLoopBackOff"}}


def pod(ready: bool = True, container: str = OLD, state: Any = RUNNING, restarts: int = 0, **meta: Any) -> Any:
    """What the API server says of a pod, as recorded from a kind cluster, with the fields that are read."""
    last = ENDED if restarts else {}
    condition = {"type": "Ready", "status": str(ready)}
    if not ready:
        condition |= {"reason": "ContainersNotReady", "message": "containers with unready status: [app]"}
    return {
        "metadata": {
            "name": "api-1",
            "uid": "u-1",
            "labels": {"app": "api"},
            "ownerReferences": [{"kind": "ReplicaSet", "controller": True}],
            **meta,
        },
        "spec": {"nodeName": "worker", "containers": [{"name": "app"}, {"name": "side"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "PodScheduled", "status": "True"}, condition],
            "containerStatuses": [
                {"name": "side", "containerID": "containerd://" + "c" * 64, "state": RUNNING, "restartCount": 0},
                {
                    "name": "app",
                    "containerID": f"containerd://{container}",
                    "state": state,
                    "lastState": last,
                    "restartCount": restarts,
                },
            ],
        },
    }


def test_a_pod_is_an_instance() -> None:
    found = instance("api", pod(), NOW)
    assert (found.service, found.name, found.incarnation, found.node) == ("api", "api-1", "u-1/aaaaaaaaaaaa", "worker")
    assert (found.ready, found.owned, found.restarted, found.backing_off) == (True, True, None, False)


def test_a_restart_and_a_back_off_are_told() -> None:
    assert instance("api", pod(restarts=1), NOW).restarted == 30.0
    assert instance("api", pod(restarts=2, state=BACK_OFF), NOW).backing_off
    assert not instance("api", pod(ownerReferences=[]), NOW).owned


def test_an_annotation_names_the_main_container() -> None:
    named = pod(annotations={"kubectl.kubernetes.io/default-container": "side"})
    assert incarnation(named) == "u-1/cccccccccccc"


def test_the_system_file_names_it_before_the_annotation_does() -> None:
    named = pod(annotations={"kubectl.kubernetes.io/default-container": "side"})
    found = instance("api", named, NOW, "app")
    assert (found.incarnation, found.container) == ("u-1/aaaaaaaaaaaa", "app")
    assert instance("api", named, NOW).container == "side"
    listed = PodEvents("api", "side").begin(0.0, [pod()]).instances
    assert [each.incarnation for each in listed] == ["u-1/cccccccccccc"]


def test_a_sidecar_of_kubernetes_own_kind_can_be_named_and_is_not_the_first() -> None:
    native = pod()
    native["spec"]["initContainers"] = [{"name": "mesh", "restartPolicy": "Always"}]
    native["status"]["initContainerStatuses"] = [{"name": "mesh", "containerID": "containerd://" + "d" * 64}]
    assert incarnation(native) == "u-1/aaaaaaaaaaaa"
    assert incarnation(native, "mesh") == "u-1/dddddddddddd"


def test_a_pod_without_containers_yet() -> None:
    bare: Any = {"metadata": {"name": "p", "uid": "u"}, "spec": {}, "status": {"phase": "Pending"}}
    assert instance("api", bare, NOW).incarnation == "u/"
    assert trouble(bare) == "Pending"


def test_what_is_fresh() -> None:
    assert fresh(pod())
    assert fresh(pod(ready=False))
    assert not fresh(pod(restarts=1))
    assert not fresh(pod(state=BACK_OFF))
    assert not fresh(pod(deletionTimestamp="2026-11-21T10:00:00Z"))


def test_a_crash_from_death_to_ready() -> None:
    events = PodEvents("api")
    first = events.begin(1.0, [pod()])
    assert first.instances == (InstanceListed("api-1", "u-1/aaaaaaaaaaaa", ready=True, node="worker"),)
    steps = [
        pod(ready=True, state=RUNNING),
        pod(ready=False, state=ENDED),
        pod(ready=False, state=ENDED, annotations={"x": "y"}),
        pod(ready=False, container=NEW, restarts=1),
        pod(ready=True, container=NEW, restarts=1),
    ]
    told = [events.changed(float(t), "MODIFIED", step) for t, step in enumerate(steps, start=2)]
    assert [(e.t, e.state, e.incarnation, e.reason) for e in told if e] == [
        (3.0, "unready", "u-1/aaaaaaaaaaaa", "Error"),
        (5.0, "unready", "u-1/bbbbbbbbbbbb", "ContainersNotReady containers with unready status: [app]"),
        (6.0, "ready", "u-1/bbbbbbbbbbbb", ""),
    ]


def test_a_new_container_that_was_never_seen_unready_is_told() -> None:
    events = PodEvents("api")
    events.begin(1.0, [pod()])
    event = events.changed(2.0, "MODIFIED", pod(container=NEW, restarts=1))
    assert event
    assert (event.state, event.incarnation) == ("ready", "u-1/bbbbbbbbbbbb")


def test_a_deletion_takes_it_out_at_once_and_is_told_again_when_it_is_gone() -> None:
    events = PodEvents("api")
    events.begin(1.0, [pod()])
    going = pod(deletionTimestamp="2026-11-21T10:00:00Z")
    told = [events.changed(2.0, "MODIFIED", going), events.changed(3.0, "DELETED", going)]
    assert [(e.state, e.reason) for e in told if e] == [
        ("unready", "being deleted"),
        ("gone", "deleted"),
    ]
    assert events.changed(4.0, "DELETED", going) is None


def test_labels_select() -> None:
    assert selects({"app": "api"}, pod())
    assert not selects({"app": "api", "tier": "x"}, pod())
    assert not selects({}, pod())


def piece(name: str, **pods: bool | None) -> Any:
    endpoints = [
        {"conditions": {} if is_ready is None else {"ready": is_ready}, "targetRef": {"kind": "Pod", "name": pod}}
        for pod, is_ready in pods.items()
    ]
    return {"metadata": {"name": name}, "endpoints": endpoints or None}


def test_endpoints_over_two_slices() -> None:
    events = EndpointEvents("api")

    def told(kind: str, what: Any) -> list[tuple[object, object]]:
        return [(e.name, e.ready) for e in events.changed(1.0, kind, what)]

    assert told("ADDED", piece("s1", a=True, b=None, c=False)) == [("a", True), ("b", True)]
    assert told("ADDED", piece("s2", a=True)) == []
    assert told("MODIFIED", piece("s1", a=False, b=False)) == [("b", False)]
    assert told("DELETED", piece("s2")) == [("a", False)]
    assert told("MODIFIED", piece("s1", a=False, b=True)) == [("b", True)]
    assert told("MODIFIED", piece("s1")) == [("b", False)]


def test_warnings_and_killing_are_noted() -> None:
    about = {"kind": "Pod", "name": "api-1"}
    warning = {"type": "Warning", "reason": "Unhealthy", "message": "probe\nfailed", "involvedObject": about}
    event = note(1.0, "ADDED", warning, "api")
    assert event
    assert (event.who, event.text) == ("api", "Unhealthy api-1: probe failed")
    assert note(1.0, "ADDED", {"type": "Normal", "reason": "Killing", "involvedObject": about}, "api")
    assert note(1.0, "ADDED", {"type": "Normal", "reason": "Pulled", "involvedObject": about}, "api") is None
    assert note(1.0, "DELETED", warning, "api") is None


def waits(reason: str, message: str = "") -> Any:
    return pod(ready=False, state={"waiting": {"reason": reason, "message": message}})


@pytest.mark.parametrize(
    ("seen", "named"),
    [
        (waits("CrashLoopBackOff", "back-off 10s"), {Trouble.CRASH_LOOP: "CrashLoopBackOff back-off 10s"}),
        (waits("ImagePullBackOff"), {Trouble.IMAGE: "ImagePullBackOff"}),
        (waits("ErrImagePull"), {Trouble.IMAGE: "ErrImagePull"}),
        (waits("CreateContainerConfigError", 'secret "x" not found'),
         {Trouble.CONFIGURATION: 'CreateContainerConfigError secret "x" not found'}),
        (waits("ContainerCreating"), {}),
        (pod(ready=False, state={"terminated": {"reason": "OOMKilled"}}), {Trouble.OUT_OF_MEMORY: "OOMKilled"}),
        (pod(ready=False, state={"terminated": {"reason": "Error"}}), {}),
        (pod(), {}),
    ],
)  # fmt: skip
def test_troubles_are_read_from_the_state_of_the_containers(seen: Any, named: dict[Trouble, str]) -> None:
    assert troubles(seen) == named


def test_a_pod_that_fits_nowhere_is_unschedulable() -> None:
    nowhere = pod(ready=False, state={})
    nowhere["status"]["conditions"].append(
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
    )
    assert troubles(nowhere) == {Trouble.UNSCHEDULABLE: "Unschedulable 0/3 nodes are available"}


def test_what_a_platform_says_is_cut_and_has_no_secrets() -> None:
    (text,) = troubles(waits("ErrImagePull", "password=hunter2 " + "x" * 500)).values()
    assert "hunter2" not in text
    assert len(text) == 200


def test_a_trouble_is_told_when_it_is_new() -> None:
    events = PodTroubles("api")
    loops, fine = waits("CrashLoopBackOff"), pod()
    told = [[event.trouble for event in events.changed(1.0, each)] for each in (fine, loops, loops, fine, loops)]
    assert told == [[], ["crash loop"], [], [], ["crash loop"]]
