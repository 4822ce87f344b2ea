"""What is found in a cluster without a run's folder, and what of it may be undone: on a server that is scripted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from squall.agent.expiry.marks import HARM
from squall.errors import Misuse
from squall.platforms.kubernetes.agents.pod import agent_pod
from squall.platforms.kubernetes.agents.undo import AGENT
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.harms.secret_copy import ROTATED
from squall.platforms.kubernetes.leftovers import Leftover, find_leftovers, marks_of_dead_runs, permitted_namespaces
from squall.platforms.kubernetes.marks.mark import FIELDS, FieldChange, Mark
from squall.platforms.kubernetes.run_lease import spec
from squall.platforms.kubernetes.undo import LEASE, POD
from squall.safety.lease import Lease
from squall.system.cluster import UNPUBLISHED
from squall.testing.platform import VirtualClock
from tests.platforms.api_server import Handler, answers
from tests.platforms.conftest import Served

IMAGES = {"web": "ours@sha256:1"}
UNTIL = datetime(2026, 11, 21, 10, 5, tzinfo=UTC)
NOW = UNTIL + timedelta(minutes=1)


def mark(run: str, kind: str = FIELDS, path: str = "/spec/selector/app") -> str:
    said = json.loads(Mark.of(run, UNTIL, [FieldChange(path, "web", "nobody")]).text())
    said["undo"]["kind"] = kind
    return json.dumps(said)


def cordon(run: str) -> str:
    return mark(run, path="/spec/unschedulable")


def named(name: str, mark: str | None = None, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels, "annotations": {HARM: mark} if mark else {}}}


def lease(namespace: str, run: str, renewed: datetime) -> dict[str, Any]:
    return {"metadata": {"name": "squall", "namespace": namespace}, "spec": spec(Lease(run, 1, renewed))}


class Renewed(list[Any]):
    """Leases that are renewed each time that they are read; what they say of the time is what their machine thinks."""

    def __iter__(self) -> Iterator[Any]:
        for each in list.__iter__(self):
            renewed = datetime.fromisoformat(each["spec"]["renewTime"]) + timedelta(seconds=1)
            each["spec"] = {**each["spec"], "renewTime": renewed.isoformat()}
            yield each


def serve(served: Served, **lists: list[Any] | int) -> None:
    """Answer each list by the last word of its path (``web_services`` before ``services``); others are empty."""

    def reply(handler: Handler) -> None:
        words = handler.path.partition("?")[0].split("/")
        found = lists.get("_".join(words[-2:]), lists.get(words[-1], []))
        if isinstance(found, int):
            answers({"message": "forbidden"}, found)(handler)
        else:
            answers({"items": [*found]})(handler)

    served.script.then(*[reply] * 200)


def look(served: Served, *namespaces: str) -> list[Leftover]:
    return find_leftovers(served.api, namespaces, IMAGES, VirtualClock(), NOW)[0]


def foreign(api: Api) -> None:
    raise Misuse("the node n is not kind's")


def test_of_a_cluster_that_is_allowed_only_labelled_namespaces_may_be_touched(served: Served) -> None:
    namespaces = [named("web", **{"squall.dev/allowed": "true"}), named("other"), named("kube-system"),
                  named("squall", **{"squall.dev/allowed": "true"})]  # fmt: skip
    serve(served, namespaces=namespaces)
    assert permitted_namespaces(served.api, ["kind-fake"], foreign) == ["web"]


def test_a_cluster_that_is_not_allowed_is_refused(served: Served) -> None:
    serve(served, namespaces=[named("web")])
    with pytest.raises(Misuse, match=r"not kind's; or allow this one: --allow-context kind-fake"):
        permitted_namespaces(served.api, ["another"], foreign)


def test_of_a_kind_cluster_all_but_the_protected_may_be_touched(served: Served) -> None:
    serve(served, namespaces=[named("web"), named("kube-system"), named("squall")])
    assert permitted_namespaces(served.api, [], lambda api: None) == ["web"]


def test_marks_agents_pods_and_leases_are_found_with_their_undo(served: Served) -> None:
    agent = agent_pod("dead", "worker", "web", UNPUBLISHED)
    done = {**agent_pod("dead", "worker2", "web", UNPUBLISHED), "status": {"phase": "Succeeded"}}
    probe = {"metadata": {"name": "probe", "labels": {"squall.dev/run": "dead"}}, "spec": {"containers": [{}]}}
    serve(
        served,
        nodes=[named("worker", cordon("dead"))],
        web_services=[named("front", mark("dead"))],
        squall_pods=[agent, done, probe],
        leases=[lease("web", "dead", NOW - timedelta(minutes=5))],
    )
    there = look(served, "web")
    assert [(each.run, each.about, each.undo.kind if each.undo else "") for each in there] == [
        ("dead", "the harm to node worker, until 2026-11-21 10:05:00 UTC", FIELDS),
        ("dead", "the harm to service web/front, until 2026-11-21 10:05:00 UTC", FIELDS),
        ("dead", "the agent on worker", AGENT),
        ("dead", f"pod squall/{done['metadata']['name']}", POD),
        ("dead", "pod squall/probe", POD),
        ("dead", "the lease of web", LEASE),
    ]
    assert not any(each.alive for each in there)


def test_what_belongs_to_a_living_run_says_so_wherever_it_holds_its_lease(served: Served) -> None:
    serve(
        served,
        nodes=[named("worker", cordon("alive")), named("worker2", cordon("dead"))],
        squall_pods=[agent_pod("alive", "worker", "web", UNPUBLISHED)],
        leases=Renewed([lease("elsewhere", "alive", NOW - timedelta(minutes=5))]),
    )
    assert [(each.run, each.alive) for each in look(served, "web", "elsewhere")] == [
        ("alive", True), ("dead", False), ("alive", True), ("alive", True),
    ]  # fmt: skip


@pytest.mark.parametrize("year", [2026, 2099, 9999])
def test_a_lease_that_nobody_renews_keeps_no_run_alive_whatever_time_it_says(served: Served, year: int) -> None:
    """M7: of a machine whose clock is ahead, or of a tenant that means it."""
    held = lease("web", "dead", NOW.replace(year=year, month=12, day=31, hour=23, minute=59, second=59))
    serve(served, web_services=[named("front", mark("dead"))], leases=[held])
    assert [(each.run, each.alive) for each in look(served, "web")] == [("dead", False), ("dead", False)]


def test_a_lease_in_a_namespace_that_may_not_be_touched_keeps_no_run_alive(served: Served) -> None:
    serve(served, web_services=[named("front", mark("dead"))], leases=Renewed([lease("tenant", "dead", NOW)]))
    assert [(each.run, each.alive) for each in look(served, "web")] == [("dead", False)]


def test_the_image_of_what_mends_a_node_is_never_the_one_that_is_found_there(served: Served) -> None:
    """M5: who may make a pod in squall's namespace has an administrator run his image on a node, privileged."""
    serve(served, squall_pods=[agent_pod("dead", "worker", "web", "evil"), agent_pod("dead", "other", "b", "evil")])
    images = [each.undo.args["image"] for each in look(served, "web", "b") if each.undo]
    assert images == ["ours@sha256:1", ""]


def rotated(**endpoint: Any) -> dict[str, Any]:
    place = {"context": "c", "kubeconfig": None, "namespace": "web", "service": "db", "port": 5432}
    endpoint = {"service": "db", "kind": "postgres", "place": place | endpoint.pop("place", {}), **endpoint}
    said = {"run": "dead", "secret": "login", "namespace": "web", "key": "password", "endpoint": endpoint}
    meta = {"name": "kept", "labels": {"squall.dev/run": "dead"}, "annotations": {ROTATED: json.dumps(said)}}
    return {"metadata": meta}


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ({"login": {"user": "postgres", "variable": "AWS_SECRET_ACCESS_KEY"}}, "by a variable of the environment"),
        ({"application": {"user": "app", "variable": "TOKEN"}}, "by a variable of the environment"),
        ({"place": {"namespace": "evil"}}, "said to be in the namespace evil, its Secret is in web"),
    ],
)
def test_nothing_in_a_cluster_says_where_a_password_or_a_variable_goes(
    served: Served, endpoint: dict[str, Any], why: str
) -> None:
    """M5: who may write Secrets in squall's namespace gets a variable of the administrator's at a server of his."""
    serve(served, squall_secrets=[rotated(**endpoint)])
    (left,) = look(served, "web")
    assert left.undo is None
    assert why in left.why


def test_a_rotation_is_undone_at_the_store_beside_its_secret(served: Served) -> None:
    serve(served, squall_secrets=[rotated()])
    (left,) = look(served, "web")
    assert left.undo is not None
    assert left.undo.args["endpoint"]["place"]["context"] == "kind-fake"


def test_the_agents_of_a_system_that_may_not_be_touched_are_passed_by(served: Served) -> None:
    serve(served, squall_pods=[agent_pod("dead", "worker", "other", UNPUBLISHED)])
    assert look(served, "web") == []


@pytest.mark.parametrize("kind", ["local.processes", "kubernetes.pod", "steps.evil.wipe", ""])
def test_a_mark_names_no_undo_but_its_own(served: Served, kind: str) -> None:
    serve(served, web_services=[named("front", mark("dead", kind))])
    (stood,) = look(served, "web")
    assert stood.undo is None
    assert stood.why == f"it is of the kind {kind!r}, which is not undone from a mark"


def test_a_mark_that_names_what_no_harm_changes_is_shown_and_not_undone(served: Served) -> None:
    forged = Mark.of("dead", UNTIL, [FieldChange("/spec/externalIPs", ["10.0.0.1"], None)]).text()
    nothing = json.loads(forged)
    nothing["undo"]["args"] = {"changes": 7}
    serve(served, web_services=[named("front", forged), named("back", json.dumps(nothing))])
    first, second = look(served, "web")
    assert (first.undo, second.undo) == (None, None)
    assert first.why == "its mark names /spec/externalIPs, which no harm to a service changes"
    assert second.why.startswith("its mark cannot be read")


def test_a_mark_that_cannot_be_read_is_told(served: Served) -> None:
    serve(served, web_services=[named("front", "{")])
    (stood,) = look(served, "web")
    assert stood.undo is None
    assert "its mark cannot be read" in stood.why


def test_where_it_stands_is_not_taken_from_what_the_mark_says(served: Served) -> None:
    said = json.loads(mark("dead"))
    said["undo"]["args"] |= {"namespace": "kube-system", "name": "coredns", "kind": "deployment", "context": "prod"}
    serve(served, web_services=[named("front", json.dumps(said))])
    (stood,) = look(served, "web")
    assert stood.undo is not None
    assert {key: stood.undo.args[key] for key in ("namespace", "name", "kind", "context")} == {
        "namespace": "web", "name": "front", "kind": "service", "context": "kind-fake",
    }  # fmt: skip


def test_who_harms_a_node_is_taken_to_live_where_its_lease_may_not_be_read(served: Served) -> None:
    later = Mark.of("unseen", NOW + timedelta(minutes=5), [FieldChange("/spec/unschedulable", None, True)]).text()
    serve(served, nodes=[named("worker", later), named("worker2", cordon("dead"))], leases=403, web_secrets=403)
    there, unread = find_leftovers(served.api, [], IMAGES, VirtualClock(), NOW)
    assert [(each.run, each.alive) for each in there] == [("unseen", True), ("dead", False)]
    assert [line.partition(":")[0] for line in unread] == [
        "leases of other namespaces, by which a run that harms a node is known to live"
    ]


def test_a_denial_is_not_taken_for_an_answer(served: Served) -> None:
    serve(served, nodes=503)
    with pytest.raises(Exception, match="503"):
        look(served, "web")


@pytest.mark.parametrize(("kind", "left"), [(Renewed, []), (list, ["dead"])], ids=["it is renewed", "it is not"])
def test_marks_of_dead_runs_are_seen_before_another_run(served: Served, kind: type[list[Any]], left: list[str]) -> None:
    """K5: a run beside the mark of an earlier dead run was HELD."""
    serve(served, leases=kind([lease("web", "dead", NOW)]), web_services=[named("api", mark("dead"))])
    assert [each.run for each in marks_of_dead_runs(served.api, "web", ["web"], VirtualClock(), NOW)] == left


def test_a_node_is_of_a_dead_run_only_if_all_leases_can_be_read(served: Served) -> None:
    serve(served, leases=403, squall=404, nodes=[named("worker", cordon("elsewhere"))])
    earlier = UNTIL - timedelta(minutes=1)
    assert marks_of_dead_runs(served.api, "web", ["web"], VirtualClock(), earlier) == []
