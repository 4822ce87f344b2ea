"""Rollouts that are paused and taken back, and Services that are switched, on a server that keeps objects."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from squall.agent.expiry.marks import mark_text
from squall.clock import SYSTEM
from squall.errors import InjectionFailed, Misuse
from squall.instances import Ended
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.kubernetes.harms.release import Call, Releasing
from squall.platforms.object_harms import ObjectHarm
from squall.record.event import Event, ReleaserEnded
from squall.safety.undo_log import perform
from tests.platforms.conftest import Served
from tests.platforms.harmed import BACK, NAMESPACE, Hasty, harm_context, ordered, pod, up
from tests.platforms.kept import Kept

RUN = "20261121T100000-rolled-out"
RUNS: dict[str, Any] = {"running": {}}
SERVICE = ObjectRef("service", "front", NAMESPACE)
ENDPOINTS = ObjectRef("endpointslice", "front-1", NAMESPACE)


def harms(served: Served, kept: Kept) -> ApiHarms:
    kept.serve(served.script)
    on = ApiHarms()
    on.harm_context = harm_context(served)
    return on


def stands_and_goes(kept: Kept, place: ObjectRef, harm: ObjectHarm, before: dict[str, Any]) -> None:
    """What was harmed bears a mark until it is ended, is then as it was, and its undo finds nothing more to do."""
    assert mark_text(kept.at(place))
    assert harm.ended(RUN) == []
    assert [each.ended for each in harm.end(RUN)] == [Ended.AS_STATED]
    assert kept.at(place)["spec"] == before["spec"]
    assert mark_text(kept.at(place)) is None
    assert ["bears no mark" in perform(each) for each in harm.undo(RUN)] == [True]


# Paused ---------------------------------------------------------------------------------------------------------------


def says(reason: str) -> Callable[[Kept, str], None]:
    def act(kept: Kept, path: str) -> None:
        kept.objects[path]["status"] = {
            "conditions": [{"type": "Available"}, {"type": "Progressing", "reason": reason}]
        }

    return act


def test_a_rollout_that_is_paused_is_said_to_be(served: Served) -> None:
    kept = up()
    kept.controller = says("DeploymentPaused")
    before = copy.deepcopy(kept.at(BACK))
    harm = ordered(harms(served, kept), "RolloutPaused", "back")
    (evidence,) = harm.harm(RUN, 30.0)
    assert evidence.proven
    assert "as its controller says (DeploymentPaused)" in evidence.how
    assert kept.at(BACK)["spec"]["paused"] is True
    stands_and_goes(kept, BACK, harm, before)


def test_a_controller_that_does_not_say_so_proves_nothing(served: Served) -> None:
    kept = up()
    kept.controller = says("ProgressDeadlineExceeded")
    (evidence,) = ordered(harms(served, kept), "RolloutPaused", "back").harm(RUN, 30.0)
    assert not evidence.proven


def test_a_rollout_that_is_paused_already_is_not_harmed(served: Served) -> None:
    kept = up()
    kept.at(BACK)["spec"]["paused"] = True
    with pytest.raises(InjectionFailed, match="it is paused already"):
        ordered(harms(served, kept), "RolloutPaused", "back").harm(RUN, 30.0)
    assert kept.written == []


# Taken back -----------------------------------------------------------------------------------------------------------


def version(kept: Kept, number: int, digest: str, image: str) -> dict[str, Any]:
    """Give the back a version, and return its template as the Deployment has it."""
    labels = {"app": "back"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    hashed = copy.deepcopy(template)
    hashed["metadata"]["labels"]["pod-template-hash"] = digest  # type: ignore[index]
    meta = {"labels": {**labels, "pod-template-hash": digest}, "ownerReferences": [{"uid": "uid-back"}],
            "annotations": {"deployment.kubernetes.io/revision": str(number)}}  # fmt: skip
    kept.put(ObjectRef("replicaset", f"back-{digest}", NAMESPACE), metadata=meta, spec={"template": hashed})
    return template


def released(*, out: bool = True) -> Kept:
    """Return a back of two versions, the second of which is brought out (``out``), or only told to be."""
    kept = up()
    version(kept, 1, "old", "back:1")
    template = version(kept, 2, "new", "back:2")
    kept.at(BACK)["spec"]["template"] = template if out else {**template, "spec": {"containers": []}}
    return kept


def brings_out(kept: Kept, path: str) -> None:
    """A controller that starts a pod of the version before once the back is told to run it."""
    if path == BACK.path and kept.at(BACK)["spec"]["template"]["spec"]["containers"][0]["image"] == "back:1":
        pod(kept, "back-old-1", "back", RUNS, digest="old")


def test_a_release_that_is_undone_has_its_pods_of_before(served: Served) -> None:
    kept = released()
    kept.controller = brings_out
    before = copy.deepcopy(kept.at(BACK))
    harm = ordered(harms(served, kept), "Rollback", "back")
    (evidence,) = harm.harm(RUN, 0.0)
    assert evidence.proven
    assert evidence.how == "a pod of version old of deployment squall-harmed/back is there (ContainersNotReady)"
    assert kept.at(BACK)["spec"]["template"]["metadata"] == {"labels": {"app": "back"}}
    stands_and_goes(kept, BACK, harm, before)


def test_a_release_that_nobody_brings_back_proves_nothing(served: Served) -> None:
    kept = released()
    pod(kept, "back-new-1", "back", RUNS, digest="new")
    (evidence,) = ordered(harms(served, kept), "Rollback", "back").harm(RUN, 0.0)
    assert not evidence.proven


def test_what_has_one_version_has_none_before(served: Served) -> None:
    kept = up()
    kept.at(BACK)["spec"]["template"] = version(kept, 1, "only", "back:1")
    with pytest.raises(InjectionFailed, match="it has had no other version"):
        ordered(harms(served, kept), "Rollback", "back").harm(RUN, 0.0)


def test_what_is_not_out_yet_is_not_undone(served: Served) -> None:
    with pytest.raises(InjectionFailed, match="what it is told to run is not out yet"):
        ordered(harms(served, released(out=False)), "Rollback", "back").harm(RUN, 0.0)


def test_a_version_that_still_has_pods_is_not_brought_back(served: Served) -> None:
    kept = released()
    pod(kept, "back-old-1", "back", RUNS, digest="old")
    with pytest.raises(InjectionFailed, match="a pod of the version before is there as it is"):
        ordered(harms(served, kept), "Rollback", "back").harm(RUN, 0.0)
    assert kept.written == []


# Switched -------------------------------------------------------------------------------------------------------------


def open_to(kept: Kept, *pods: str, **selector: str) -> dict[str, Any]:
    """Put a Kubernetes Service before the front, whose endpoints are these pods."""
    endpoints = [{"targetRef": {"kind": "Pod", "name": name}, "conditions": {"ready": True}} for name in pods]
    meta = {"labels": {"kubernetes.io/service-name": "front"}}
    kept.put(ENDPOINTS, metadata=meta, endpoints=endpoints)
    return kept.put(SERVICE, spec={"selector": selector})


def fronted(**selector: str) -> Kept:
    """Return a front with a pod, a green with one, and a Service that leads to the front."""
    kept = up()
    for name in ("front", "green"):
        pod(kept, f"{name}-1", name, RUNS)
    open_to(kept, "front-1", **(selector or {"app": "front", "track": "stable"}))
    return kept


def leads_to(*pods: str, ready: bool = True) -> Callable[[Kept, str], None]:
    def act(kept: Kept, path: str) -> None:
        if path == SERVICE.path and kept.at(SERVICE)["spec"]["selector"] == {"app": "green"}:
            endpoints = [{"targetRef": {"kind": "Pod", "name": each}, "conditions": {"ready": ready}} for each in pods]
            kept.at(ENDPOINTS)["endpoints"] = endpoints

    return act


@pytest.mark.parametrize(("ready", "count"), [(True, 1), (False, 0)])
def test_a_service_that_is_switched_leads_to_the_others_alone(served: Served, ready: bool, count: int) -> None:
    kept = fronted()
    kept.controller = leads_to("green-1", ready=ready)
    before = copy.deepcopy(kept.at(SERVICE))
    harm = ordered(harms(served, kept), "Switch", "front", other="green")
    (evidence,) = harm.harm(RUN, 30.0)
    assert evidence.proven
    assert evidence.how == f"behind service squall-harmed/front are green-1, of green; {count} of them ready"
    stands_and_goes(kept, SERVICE, harm, before)


@pytest.mark.parametrize("pods", [("green-1", "front-1"), (), ("front-1",)], ids=["both", "none", "its own"])
def test_a_service_that_leads_elsewhere_too_proves_nothing(served: Served, pods: tuple[str, ...]) -> None:
    kept = fronted()
    kept.controller = leads_to(*pods)
    (evidence,) = ordered(harms(served, kept), "Switch", "front", other="green").harm(RUN, 30.0)
    assert not evidence.proven


def test_a_service_that_leads_there_already_is_not_harmed(served: Served) -> None:
    kept = fronted(app="green")
    with pytest.raises(InjectionFailed, match='it selects the pods of "green" as it is'):
        ordered(harms(served, kept), "Switch", "front", other="green").harm(RUN, 30.0)
    assert kept.written == []


def test_there_must_be_somebody_to_switch_to(served: Served) -> None:
    kept = fronted()
    del kept.objects[ObjectRef("pod", "green-1", NAMESPACE).path]
    with pytest.raises(InjectionFailed, match='there is no pod of "green" to switch to'):
        ordered(harms(served, kept), "Switch", "front", other="green").harm(RUN, 30.0)


def test_a_service_without_a_selector_is_not_switched(served: Served) -> None:
    kept = fronted()
    kept.at(SERVICE)["spec"] = {}
    with pytest.raises(InjectionFailed, match="it has no selector"):
        ordered(harms(served, kept), "Switch", "front", other="green").harm(RUN, 30.0)


def test_whom_the_system_file_does_not_place_nobody_is_switched_to(served: Served) -> None:
    with pytest.raises(Misuse, match='"purple" has no place in the cluster'):
        ordered(harms(served, up()), "Switch", "front", other="purple")


# Released -------------------------------------------------------------------------------------------------------------


class Telling(Hasty):
    """Time in which a pod of the third version is made, and its node says a second later what becomes of it."""

    def __init__(self, kept: Kept, state: dict[str, Any]) -> None:
        super().__init__()
        self._kept, self._states = kept, [{"waiting": {"reason": "ContainerCreating"}}, state]

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        pod(self._kept, "back-third-1", "back", state, digest="third")


@pytest.mark.parametrize(
    ("reason", "waited"), [("ErrImagePull", 1.0), ("ContainerCreating", 10.0)], ids=["soon told", "never told"]
)
def test_the_proof_of_a_release_says_what_becomes_of_its_pod(
    served: Served, tmp_path: Path, reason: str, waited: float
) -> None:
    kept = released()
    kept.serve(served.script)
    # Of the release before that is being taken away.
    pod(kept, "back-other-1", "back", RUNS, digest="other")
    clock = Telling(kept, {"waiting": {"reason": reason}})
    releasing = Releasing(served.api, Kubectl(""), NAMESPACE, tmp_path, clock)
    began = clock.now()
    try:
        entry = releasing.undo("back")
        found = releasing.release(Call("back", "back", ("sleep", "60")), 30.0, lambda event: None)
        noted = json.loads(Path(str(entry.args["releaser"])).read_text())["version"]
    finally:
        releasing.close()
    assert found.proven
    assert noted == "third"
    assert found.how == f"a pod of version third is there ({reason}), before it was new"
    # It bit when the pod was there, and not when its fate was known.
    assert found.onset.high == began + 1.0
    assert clock.now() - began == 1.0 + waited


def test_how_the_releaser_ended_is_recorded_with_its_last_lines(served: Served, tmp_path: Path) -> None:
    kept = released()
    kept.serve(served.script)
    told: list[Event] = []
    releasing = Releasing(served.api, Kubectl(""), NAMESPACE, tmp_path, SYSTEM)
    releasing.logs = tmp_path
    said = "echo applied; echo password=hunter2; echo 'error: timed out' >&2; exit 7"
    try:
        found = releasing.release(Call("api", "back", ("sh", "-c", said)), 30.0, told.append)
    finally:
        releasing.close()
    assert (found.proven, "the releaser ended and no pod" in found.how) == (False, True)
    (end,) = told
    assert isinstance(end, ReleaserEnded)
    assert (end.who, end.code, end.last) == ("api", 7, ("applied", "password=***", "error: timed out"))
    assert end.text == (
        "the releaser ended with exit code 7, saying: applied | password=*** | error: timed out (releaser-back.log)"
    )
    assert (tmp_path / "releaser-back.log").read_text() == "applied\npassword=***\nerror: timed out\n"
