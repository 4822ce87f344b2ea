"""The policies of admission on a real API server: squall's own pods are admitted, and nothing that might be added.

What is tried is tried by a dry run as an account that may do everything but for the policies.
"""

import copy
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from squall.platforms.kubernetes.access.admission import node_policies, pod_policies
from squall.platforms.kubernetes.agents.pod import RELAY, agent_pod, make_namespace, mending_pod
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.labels import OURS
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import NODES, within
from squall.platforms.kubernetes.expiry import ACCOUNT, HeldObjects, expiry_pod
from squall.platforms.kubernetes.harms.refusal import probe_pod
from squall.system.cluster import UNPUBLISHED
from squall.waiting import until
from tests.kind.account import Account, kubectl
from tests.kind.gate import CONTEXT

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.timeout(120)]
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = f"{POLICIES.removesuffix('policies')}policybindings"
HOST = {"name": "journal", "hostPath": {"path": "/"}}


def enforced(admin: Api, acting: Api, account: str) -> Iterator[None]:
    """Apply the policies for an account, and wait until they hold."""
    found = [*pod_policies(account, ACCOUNT, [UNPUBLISHED], ["web"]), *node_policies(account, ACCOUNT)]
    make_namespace(admin)
    try:
        for each in found:
            admin.create(POLICIES if each["kind"].endswith("Policy") else BINDINGS, each)
        evil = agent_pod("run", "worker", "web", "evil")
        until("enforcing the policies", lambda: bool(refused(acting, evil)), within=30.0)
        node = str(admin.items(NODES)[0]["metadata"]["name"])
        until("enforcing the policy of nodes", lambda: bool(relabelled(acting, node)), within=30.0)
        yield
    finally:
        for each in reversed(found):
            path = POLICIES if each["kind"].endswith("Policy") else BINDINGS
            if (there := admin.find(f"{path}/{each['metadata']['name']}")) is not None:
                admin.remove(f"{path}/{each['metadata']['name']}", str(there["metadata"]["uid"]))


def refused(acting: Api, pod: Object) -> str:
    """Return what the server says of a pod; empty: it is admitted."""
    try:
        acting.create(within(OURS, "pod") + "?dryRun=All", pod)
    except ApiFailed as error:
        return error.reason
    return ""


def relabelled(acting: Api, node: str) -> str:
    body = {"metadata": {"labels": {"team": "payments"}}}
    return patched(acting, node, body)


def patched(acting: Api, node: str, body: Object) -> str:
    try:
        acting.patch(f"{ObjectRef(NODE, node).path}?dryRun=All", body)
    except ApiFailed as error:
        return error.reason
    return ""


@pytest.fixture(scope="module")
def admin() -> Iterator[Api]:
    with closing(Api(CONTEXT)) as api:
        yield api


@pytest.fixture(scope="module")
def acting(admin: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": OURS}
    binding = {**role, "kind": "ClusterRoleBinding", "subjects": [subject],
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}}  # fmt: skip
    own = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": OURS}}
    make_namespace(admin)
    one = Account(name, [own, {**role, "rules": EVERYTHING}, binding])
    one.grant()
    try:
        file = one.kubeconfig(tmp_path_factory.mktemp("account") / "kubeconfig")
        with closing(Api(CONTEXT, str(file))) as api:
            yield from _under(admin, api, name)
    finally:
        one.revoke()


def _under(admin: Api, acting: Api, name: str) -> Iterator[Api]:
    for _ in enforced(admin, acting, name):
        yield acting


def node() -> Object:
    return {"metadata": {"name": "worker", "uid": "u"}, "spec": {}}


OWN: dict[str, Callable[[], Object]] = {
    "agent": lambda: agent_pod("run", "worker", "web", UNPUBLISHED),
    "mending": lambda: mending_pod("run", "worker", UNPUBLISHED),
    "probe": lambda: probe_pod("run", node(), UNPUBLISHED),
    "expiry": lambda: expiry_pod("expiry-x", "run", HeldObjects(), UNPUBLISHED, "/lease"),
}


@pytest.mark.parametrize("name", OWN)
def test_squall_s_own_pods_are_admitted(acting: Api, name: str) -> None:
    assert "squall:" not in refused(acting, OWN[name]())


def changed(kind: str, *at: Any, value: Any) -> dict[str, Any]:
    pod: dict[str, Any] = copy.deepcopy(dict(OWN[kind]()))
    inner: Any = pod["spec"]
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = value
    return pod


ALLOWED, MORE = "only an agent of an allowed system is privileged", "it runs more than squall's own program"
FOREIGN: dict[str, tuple[str, tuple[Any, ...], Any, str]] = {
    "another image": ("agent", ("containers", 0, "image"), "evil", "its image is not squall's"),
    "another namespace": ("agent", ("containers", 0, "command", 8), "kube-system", ALLOWED),
    "another program": ("agent", ("containers", 0, "command"), ["sh", "-c", "id"], ALLOWED),
    "arguments": ("agent", ("containers", 0, "args"), ["x"], MORE),
    "environment": ("agent", ("containers", 0, "env"), [{"name": "A", "value": "b"}], MORE),
    "hook": ("agent", ("containers", 0, "lifecycle"), {"postStart": {"exec": {"command": ["sh"]}}}, MORE),
    "the host's network": ("agent", ("hostNetwork",), True, "it is in the host's network"),
    "the host's disk": ("agent", ("volumes",), [HOST], "it mounts what is not squall's"),
    "before it": ("agent", ("initContainers",), [{"name": "i", "image": UNPUBLISHED}], "it has containers that"),
    "another account": ("agent", ("serviceAccountName",), "root", "it acts as an account that is not squall's"),
    "the expiry's account": ("agent", ("serviceAccountName",), ACCOUNT, "only the expiry acts as its account"),
    "a probe with it": ("probe", ("serviceAccountName",), ACCOUNT, "only the expiry acts as its account"),
    "a privileged probe": (
        "probe", ("containers", 0, "securityContext"), {"privileged": True}, ALLOWED
    ),
    "readiness": (
        "expiry", ("containers", 0, "readinessProbe"), {"exec": {"command": ["sh"]}}, "its readiness is another's"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_what_an_account_might_add_is_refused(acting: Api, name: str) -> None:
    """M4: who may make squall's pods could make any, and was root on each node and the expiry."""
    kind, at, value, why = FOREIGN[name]
    assert f"squall: {why}" in refused(acting, changed(kind, *at, value=value))


@pytest.mark.parametrize(("command", "is_ours"), [("sh", False), ("relay", True)])
def test_only_the_agent_s_relay_is_run_in_its_pods(acting: Api, command: str, is_ours: bool) -> None:
    words = [*RELAY] if is_ours else [command]
    query = "&".join(f"command={word}" for word in words)
    with pytest.raises(ApiFailed) as caught:
        acting.create(within(OURS, "pod", "nobody") + f"/exec?{query}", {})
    assert ("squall: only the agent's own relay" in caught.value.reason) is not is_ours


def test_of_a_node_only_a_cordon_and_a_mark_are_changed(admin: Api, acting: Api) -> None:
    name = str(admin.items(NODES)[-1]["metadata"]["name"])
    assert patched(acting, name, {"spec": {"unschedulable": True}, "metadata": {"annotations": {"a": "b"}}}) == ""
    only = "squall: of a node only its cordon and squall's mark are changed"
    assert only in relabelled(acting, name)
    taint = [{"key": "a", "value": "b", "effect": "NoExecute"}]
    assert only in patched(acting, name, {"spec": {"taints": taint}})
    assert "team" not in (admin.get(ObjectRef(NODE, name).path)["metadata"].get("labels") or {})


def test_others_are_not_hindered(admin: Api, acting: Api, tmp_path: Path) -> None:
    assert refused(admin, agent_pod("run", "worker", "web", "evil")) == ""
    assert "squall-test" not in kubectl("get", "validatingadmissionpolicies", "-o", "name")
