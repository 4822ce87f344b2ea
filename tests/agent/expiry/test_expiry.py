"""The expiry in the cluster: what it takes back, when, and what it leaves alone; on objects that stand in a folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from squall.agent.expiry.expiry import FIELDS, ExpiryLoop
from squall.agent.expiry.marks import HARM, Object
from squall.agent.expiry.run_alive import SILENT, Pulse
from squall.agent.expiry.versions import HASH, REVISION, Before
from squall.platforms.kubernetes.marks.mark import FieldChange, Mark
from tests.platforms.json_patch import patched

UNTIL = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
GROUP = "/apis/apps/v1/namespaces/web"
PATH = f"{GROUP}/deployments/api"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/web/leases/squall"
CHANGE = FieldChange("/spec/replicas", 3, 0)
BEFORE = Before("old", 4)


def marked(run: str = "mine", replicas: int = 0, **more: Any) -> dict[str, Any]:
    text = Mark.of(run, UNTIL, [CHANGE]).text()
    said = json.loads(text) | more
    return {"metadata": {"uid": "u", "annotations": {HARM: json.dumps(said)}}, "spec": {"replicas": replicas}}


def unmarked() -> dict[str, Any]:
    return {"metadata": {"uid": "u"}, "spec": {"replicas": 3}}


def replicaset(known: str, number: int) -> dict[str, Any]:
    meta = {"name": f"api-{known}", "labels": {HASH: known}, "annotations": {REVISION: str(number)},
            "ownerReferences": [{"uid": "u"}]}  # fmt: skip
    return {"metadata": meta, "spec": {"template": {"metadata": {"labels": {"app": "api", HASH: known}}}}}


def released(*versions: tuple[str, int]) -> dict[str, Any]:
    deployment = {"metadata": {"uid": "u", "generation": 7}, "spec": {"template": {"metadata": {"labels": {}}}}}
    return {PATH: deployment, f"{GROUP}/replicasets": {"items": [replicaset(*each) for each in versions]}}


@dataclass
class Server:
    """Objects by path, the wall time, and for how long it has been up; whoever holds the lease renews it."""

    objects: dict[str, Any]
    now: datetime = UNTIL - timedelta(seconds=1)
    up: float = 0.0
    holder: str = "mine"
    alive: bool = True
    down: bool = False
    patches: list[list[Object]] = field(default_factory=list)

    def call(self, method: str, path: str, body: list[Object] | None) -> Mapping[str, Any] | None:
        if self.down:
            raise OSError("connection refused")
        if path == LEASE:
            return {"spec": {"holderIdentity": self.holder, "renewTime": f"at {self.up if self.alive else 'the end'}"}}
        if body is not None:
            self.patches.append(body)
            self.objects[path] = patched(self.objects[path], body)
        return self.objects.get(path)

    def expiry(self, path: str = PATH) -> ExpiryLoop:
        return ExpiryLoop("mine", [path], self._pulse(), self.call, lambda: self.now)

    def expiry_of_a_release(self, before: Before = BEFORE) -> ExpiryLoop:
        return ExpiryLoop("mine", (), self._pulse(), self.call, lambda: self.now, {PATH: before})

    def _pulse(self) -> Pulse:
        return Pulse("mine", LEASE, self.call, lambda: self.up)

    def passes(self, expiry: ExpiryLoop, seconds: float) -> list[str]:
        """Let time pass between two looks, and return what the second says."""
        expiry.look()
        self.up += seconds
        return expiry.look()


def test_nothing_is_taken_back_before_its_time_and_all_at_it() -> None:
    server = Server({PATH: marked()})
    expiry = server.expiry()
    assert server.passes(expiry, 3600.0) == []
    server.now = UNTIL
    assert expiry.look() == [f"{PATH}: /spec/replicas as before; its time was over at 2026-11-28 10:00:00+00:00"]
    assert server.objects[PATH]["spec"]["replicas"] == 3
    assert HARM not in server.objects[PATH]["metadata"]["annotations"]


@pytest.mark.parametrize("how", ["it does not renew", "its lease is another's", "there is no lease"])
def test_a_harm_of_a_silent_run_is_taken_back_though_its_time_is_not_over(how: str) -> None:
    server = Server({PATH: marked()})
    expiry = server.expiry()
    expiry.look()
    match how:
        case "it does not renew":
            server.alive = False
        case "its lease is another's":
            server.holder = "other"
        case _:
            server.holder = ""
    expiry.look()
    server.up += SILENT - 0.1
    assert expiry.look() == []
    assert not expiry.over
    server.up += 0.1
    assert expiry.look() == [f"{PATH}: /spec/replicas as before; its run is silent"]
    assert expiry.over


def test_a_server_that_answered_nobody_makes_no_run_silent() -> None:
    server = Server({PATH: marked()}, alive=False)
    expiry = server.expiry()
    server.down = True
    assert server.passes(expiry, SILENT)[0] == f"{LEASE}: connection refused"
    assert not expiry.whole
    server.down = False
    assert server.passes(expiry, SILENT - 1) == []
    assert expiry.whole


def test_it_serves_its_run_again_and_ends_when_that_is_silent() -> None:
    server = Server({PATH: marked()})
    expiry = server.expiry()
    expiry.look()
    for _ in range(2):
        server.objects[PATH] = unmarked()
        assert server.passes(expiry, SILENT) == []
        assert not expiry.over
        server.objects[PATH] = marked()
        expiry.look()
    server.objects[PATH] = unmarked()
    server.alive = False
    server.passes(expiry, SILENT)
    assert expiry.over
    assert server.patches == []


def test_it_waits_for_a_harm_that_has_not_begun() -> None:
    server = Server({PATH: unmarked()}, UNTIL + timedelta(hours=1))
    expiry = server.expiry()
    assert server.passes(expiry, 3600.0) == []
    assert not expiry.over


def test_a_value_that_someone_changed_stays_and_the_mark_goes() -> None:
    server = Server({PATH: marked(replicas=5)}, UNTIL)
    (said,) = server.expiry().look()
    assert "nothing of ours was active" in said
    assert server.objects[PATH]["spec"]["replicas"] == 5
    assert HARM not in server.objects[PATH]["metadata"]["annotations"]


@pytest.mark.parametrize("path", [PATH, "/api/v1/nodes/gone"])
def test_another_run_s_mark_and_an_object_that_is_gone_are_left_alone(path: str) -> None:
    server = Server({PATH: marked("other")}, UNTIL, alive=False)
    assert server.passes(server.expiry(path), SILENT) == []
    assert server.patches == []


def test_an_undo_of_another_kind_is_not_its_to_do() -> None:
    server = Server({PATH: marked(undo={"kind": "steps.evil.wipe", "args": {}})}, UNTIL)
    (said,) = server.expiry().look()
    assert "its undo is of the kind steps.evil.wipe, which is not the expiry's" in said
    assert server.patches == []


EVIL = {
    "metadata": {"labels": {}},
    "spec": {"containers": [{"image": "evil", "securityContext": {"privileged": True}}]},
}


@pytest.mark.parametrize(
    ("path", "field", "was"),
    [
        (PATH, "/spec/template/spec/containers/0/image", "evil"),
        (PATH, "/spec/template/spec/serviceAccountName", "squall-expiry"),
        (PATH, "/metadata/annotations/a", "b"),
        (PATH, "/data/x", "y"),
        ("/api/v1/nodes/worker", "/spec/taints", []),
        ("/api/v1/nodes/worker", "/metadata/labels/node-restriction.kubernetes.io~1team", "payments"),
        ("/api/v1/namespaces/web/services/api", "/spec/externalIPs", ["10.0.0.1"]),
        ("/api/v1/namespaces/web/services/api", "/spec/selector", {"app": "evil"}),
        ("/api/v1/namespaces/web/configmaps/api", "/data/a/b", "x"),
        ("/api/v1/namespaces/web/configmaps/api", "/data/", "x"),
        ("/api/v1/namespaces/web/secrets/api", "/data/password", "eA=="),
    ],
)
def test_a_forged_mark_changes_nothing_that_no_harm_changes(path: str, field: str, was: Any) -> None:
    """M3: who may annotate an object has the expiry change any field of it."""
    changes = [{"path": "/spec/replicas", "was": 3, "wrote": 0}] if path == PATH else []
    forged = marked(undo={"kind": FIELDS, "args": {"changes": [*changes, {"path": field, "was": was, "wrote": None}]}})
    server = Server({path: forged}, UNTIL)
    (said,) = server.expiry(path).look()
    assert said == f"{path}: its mark names {field}, which no harm changes: left alone"
    assert server.patches == []


@pytest.mark.parametrize(("template", "back"), [(EVIL, False), ({"metadata": {"labels": {"app": "api"}}}, True)])
def test_a_template_is_given_back_only_if_it_once_came_out(template: dict[str, Any], back: bool) -> None:
    now: dict[str, Any] = {"metadata": {"labels": {}}}
    changes = [{"path": "/spec/template", "was": template, "wrote": now}]
    deployment = marked(undo={"kind": FIELDS, "args": {"changes": changes}})
    deployment["spec"]["template"] = now
    server = Server({**released(("old", 4), ("new", 5)), PATH: deployment}, UNTIL)
    said = server.expiry().look()[0]
    assert (server.objects[PATH]["spec"]["template"] == template) is back
    assert back or said == f"{PATH}: its mark names a template that never came out: left alone"


def test_a_release_of_a_silent_run_is_put_back() -> None:
    server = Server(released(("old", 4), ("new", 5)))
    expiry = server.expiry_of_a_release()
    assert server.passes(expiry, 3600.0) == []
    server.alive = False
    expiry.look()
    server.up += SILENT
    (said,) = expiry.look()
    assert said == f"{PATH}: version old was put back in the place of new; its run is silent"
    assert server.objects[PATH]["spec"]["template"] == {"metadata": {"labels": {"app": "api"}}}
    assert server.patches[0][0] == {"op": "test", "path": "/metadata/generation", "value": 7}
    assert expiry.over


@pytest.mark.parametrize(("uid", "back"), [("u", True), ("gone", False)])
def test_a_deployment_that_was_made_anew_under_the_name_is_not_the_run_s(uid: str, back: bool) -> None:
    """H7: a namespace made anew with the same names: an ordinary release there was taken for the run's."""
    server = Server(released(("old", 4), ("new", 5)), alive=False)
    said = server.passes(server.expiry_of_a_release(Before("old", 4, uid)), SILENT)
    assert (bool(said), bool(server.patches)) == (back, back)


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ((("old", 4),), []),
        ((("new", 5), ("old", 6)), []),
        ((("old", 4), ("new", 5), ("someone's", 6)), []),
        ((("new", 5),), [f"{PATH}: its version old is gone"]),
    ],
    ids=["nothing was released", "it was put back", "someone released again", "the version before is gone"],
)
def test_what_is_not_the_one_release_stays(there: tuple[tuple[str, int], ...], why: list[str]) -> None:
    server = Server(released(*there), alive=False)
    assert server.passes(server.expiry_of_a_release(), SILENT) == why
    assert server.patches == []
