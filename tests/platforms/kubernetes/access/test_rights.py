import inspect
from collections.abc import Callable
from typing import Any

import pytest

from squall.errors import HarnessFailed, Misuse
from squall.platforms import capability
from squall.platforms.capability import (
    Deletes,
    FindsLeftovers,
    Gauges,
    Host,
    InstanceWatch,
    KeepsLogs,
    LooksUpObjects,
    Need,
    OnThisMachine,
    Permits,
    Platform,
)
from squall.platforms.kind.platform import Kind
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.access.permissions import Permissions, grants, used, where
from squall.platforms.kubernetes.access.review import ReviewedNames, ReviewedRight, asked, missing, review, unlimited
from squall.platforms.kubernetes.access.rights import OF, WORKLOAD, Grant, RightScope, deploying, rights
from squall.platforms.kubernetes.access.roles import account, roles, rules
from squall.platforms.object_harms import ObjectHarms
from squall.system.gauge import Gauge
from squall.system.system import Service
from tests.platforms.api_server import Handler, answers
from tests.platforms.conftest import Served
from tests.platforms.echo_cluster import SYSTEM

SCALE = Need(ObjectHarms, "Scale", "echo")
WHERE = ReviewedNames("web", ("api", "db"), ("api",))
PATCH = rights("apps", ("deployments",), ("get", "patch", "list"), names=(WORKLOAD,))


def test_every_capability_that_the_platform_offers_has_its_rights_written_down() -> None:
    kinds = [
        value
        for value in vars(capability).values()
        if inspect.isclass(value) and value.__module__ == capability.__name__
    ]
    # None of these is what a fault needs.
    others = {FindsLeftovers, KeepsLogs, LooksUpObjects, Permits, InstanceWatch, Need, OnThisMachine}
    asked_of = [kind for kind in kinds if kind not in others]
    offered = {kind for kind in asked_of if all(hasattr(Kind, name) for name in _methods(kind))}
    assert offered == OF.keys()
    assert {Platform, Host, Deletes} <= offered


def test_what_is_not_written_down_is_refused() -> None:
    with pytest.raises(Misuse, match="the rights that InstanceWatch needs are not written down"):
        grants([Need(InstanceWatch)], {}, None, Kubectl(""))
    with pytest.raises(Misuse, match=r"nothing carries out NodeStop here \(known: Scale\)"):
        grants([Need(ObjectHarms, "NodeStop")], {"Scale": Kind.grants()["Scale"]}, None, Kubectl(""))


def test_names_are_filled_in_where_the_server_knows_names() -> None:
    assert [str(each) for each in asked(PATCH, WHERE)] == [
        "get deployments.apps/api in web",
        "get deployments.apps/db in web",
        "list deployments.apps in web",
        "patch deployments.apps/api in web",
        "patch deployments.apps/db in web",
    ]
    assert str(asked(rights("", ("nodes",), ("get",), RightScope.CLUSTER), WHERE)[0]) == "get nodes in the cluster"


def test_rules_are_as_few_as_they_can_be() -> None:
    both = *PATCH, *rights("", ("pods", "services"), ("get", "list"))
    assert rules(both, WHERE) == [
        {
            "apiGroups": ["apps"],
            "resources": ["deployments"],
            "verbs": ["get", "patch"],
            "resourceNames": ["api", "db"],
        },
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]},
    ]


def test_a_grant_is_a_role_for_each_scope() -> None:
    grant = Grant("x", "to try", (*PATCH, *rights("", ("nodes",), ("get",), RightScope.CLUSTER),
                                  *rights("", ("pods",), ("create",), RightScope.AGENTS)))  # fmt: skip
    found = [(each["kind"], each["metadata"]) for each in roles(grant, WHERE, "me")]
    assert found == [
        ("Role", {"name": "squall-x", "namespace": "web"}),
        ("RoleBinding", {"name": "squall-x", "namespace": "web"}),
        ("Role", {"name": "squall-web-x", "namespace": "squall"}),
        ("RoleBinding", {"name": "squall-web-x", "namespace": "squall"}),
        ("ClusterRole", {"name": "squall-web-x"}),
        ("ClusterRoleBinding", {"name": "squall-web-x"}),
    ]
    bound = [each["subjects"] for each in roles(grant, WHERE, "me") if "subjects" in each]
    assert bound == [[{"kind": "ServiceAccount", "name": "me", "namespace": "squall"}]] * 3
    assert [each["kind"] for each in account("me")] == ["Namespace", "ServiceAccount"]


def test_deploying_needs_what_is_in_the_folder() -> None:
    found = deploying([("v1", "Service"), ("networking.k8s.io/v1", "Ingress"), ("v1", "Service")])
    assert [(right.group, right.resource, right.verb) for right in found.rights] == [
        ("networking.k8s.io", "ingresses", "get"), ("networking.k8s.io", "ingresses", "create"),
        ("networking.k8s.io", "ingresses", "patch"), ("", "services", "get"), ("", "services", "create"),
        ("", "services", "patch"), ("", "pods", "delete"),
    ]  # fmt: skip


def test_a_subresource_is_asked_for_as_the_server_wants_it() -> None:
    assert review(ReviewedRight("", "pods/exec", "create", "squall"))["spec"] == {
        "resourceAttributes": {"resource": "pods", "subresource": "exec", "verb": "create", "namespace": "squall"}
    }


def allowing(allowed: Callable[[Any], bool]) -> Callable[[Handler], None]:
    def reply(handler: Handler) -> None:
        said = allowed(handler.body["spec"]["resourceAttributes"])
        answers({"status": {"allowed": said}}, 201)(handler)

    return reply


def test_what_is_not_granted_is_missing(served: Served) -> None:
    served.script.then(*[allowing(lambda asked: asked["verb"] == "get")] * 5)
    assert [str(each) for each in missing(served.api, asked(PATCH, WHERE))] == [
        "list deployments.apps in web",
        "patch deployments.apps/api in web",
        "patch deployments.apps/db in web",
    ]


def test_an_administrator_is_asked_once(served: Served) -> None:
    served.script.then(allowing(lambda asked: asked["verb"] == "*"))
    assert unlimited(served.api)
    served.script.then(allowing(lambda _: True))
    assert permissions(served).missing(Need(Host, service="echo")) == ()
    assert len(served.script.asked) == 2


def permissions(served: Served, expiring: bool = False) -> Permissions:
    assert SYSTEM.platforms.kind is not None
    return Permissions(served.api, Kubectl(""), SYSTEM, SYSTEM.platforms.kind, Kind.grants(), expiring)


def test_what_ends_by_itself_needs_a_pod_that_ends_it(served: Served) -> None:
    own = "get serviceaccounts/squall-expiry in squall"
    assert own in [str(each) for each in permissions(served, expiring=True).needed(SCALE)]
    assert own not in [str(each) for each in permissions(served).needed(SCALE)]
    # What agents hold ends by their own lease.
    assert own not in [str(each) for each in permissions(served, expiring=True).needed(Need(Host, service="echo"))]


def test_the_names_of_a_harm_are_those_of_its_service(served: Served) -> None:
    assert SYSTEM.platforms.kind is not None
    assert where(SYSTEM.platforms.kind, ["echo"]) == where(SYSTEM.platforms.kind, ())
    needed = [str(each) for each in permissions(served).needed(Need(Deletes, service="echo"))]
    assert "delete pods in squall-test" in needed
    assert "get namespaces/squall-test in the cluster" in needed
    assert "create pods/exec in squall" not in needed
    assert "create pods/exec in squall" in [
        str(each) for each in permissions(served).needed(Need(Host, service="echo"))
    ]


def forbidden(message: str) -> Callable[[Handler], None]:
    return answers({"message": message}, 403)


POLICY = 'pods "agent" is forbidden: violates PodSecurity "restricted:latest": privileged'


def test_agents_are_absent_where_privileged_pods_are_forbidden(served: Served) -> None:
    served.script.then(answers({}), forbidden(POLICY), allowing(lambda _: True))
    assert (
        permissions(served).absent(Need(Host))
        == f"privileged pods are forbidden in the namespace squall: {POLICY} (403)"
    )
    assert served.script.asked[1] == ("/api/v1/namespaces/squall/pods", {"dryRun": ["All"]})


def test_a_right_that_is_missing_is_no_policy(served: Served) -> None:
    served.script.then(answers({}), forbidden("cannot create resource pods"), allowing(lambda _: False))
    assert permissions(served).absent(Need(Host)) == ""


def test_agents_are_there_where_the_dry_run_is_admitted_or_there_is_no_namespace_yet(served: Served) -> None:
    served.script.then(answers({}), answers({}, 201), answers({}, 404))
    assert permissions(served).absent(Need(Host)) == permissions(served).absent(Need(Host)) == ""
    assert len(served.script.asked) == 3


def test_other_capabilities_need_no_agents(served: Served) -> None:
    assert permissions(served).absent(Need(Deletes)) == ""
    assert served.script.asked == []


def test_a_server_that_cannot_try_it_is_not_taken_for_a_policy(served: Served) -> None:
    served.script.then(answers({}), answers({"message": "later"}, 503))
    with pytest.raises(HarnessFailed, match=r"trying an agent's pod: later \(503\)"):
        permissions(served).absent(Need(Host))


def _methods(kind: type) -> set[str]:
    return {name for name, value in vars(kind).items() if inspect.isfunction(value) and not name.startswith("_")}


def test_a_system_with_gauges_is_read_through_the_api_server() -> None:
    services = {"echo": Service(gauges={"free": Gauge(metric="pool_free")})}
    assert used(SYSTEM.model_copy(update={"services": services}), [Need(Host)]) == [Need(Host), Need(Gauges)]
    assert used(SYSTEM, [Need(Host)]) == [Need(Host)]
