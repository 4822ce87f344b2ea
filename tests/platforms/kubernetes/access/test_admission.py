"""What is printed for an administrator beside the roles: the expiry's rights, and policies of admission."""

import json
from typing import Any

import pytest
import yaml

from squall.commands.rbac import _documents, _policies
from squall.errors import Misuse
from squall.faults.registry import faults
from squall.platforms.capability import Need
from squall.platforms.kubernetes.access.admission import node_policies, pod_policies
from squall.platforms.kubernetes.agents.pod import ENTRY, agent_pod, mending_pod
from squall.platforms.kubernetes.expiry import ACCOUNT, HeldObjects, expiry_pod
from squall.system.system import System
from tests.platforms.echo_cluster import SYSTEM
from tests.platforms.kubernetes.agents.test_pod import DIGEST, elsewhere


def system(**told: str) -> System:
    return SYSTEM.model_copy(
        update={"platforms": SYSTEM.platforms.model_copy(update={"kubernetes": elsewhere(**told)})}
    )


def rights_of(account: str, *names: str) -> set[tuple[str, str]]:
    """Return what an account may do (verb, resource) for faults by name."""
    needs = [Need(faults()[name].needs, name) for name in names]
    documents = [yaml.safe_load(text) for text in _documents(system(agent=DIGEST), needs, "kubernetes", "squall")]
    bound = {each["roleRef"]["name"] for each in documents if account in str(each.get("subjects"))}
    return {
        (verb, resource)
        for each in documents
        if each["metadata"]["name"] in bound and "rules" in each
        for rule in each["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


LEASE = {("get", "leases")}
REPLICASETS = {("list", "replicasets"), ("patch", "replicasets")}
AUTOSCALERS = {("get", "horizontalpodautoscalers"), ("patch", "horizontalpodautoscalers")}
WORKLOADS = {(verb, kind) for verb in ("get", "patch") for kind in ("deployments", "statefulsets")}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Scale"], LEASE | WORKLOADS | REPLICASETS | AUTOSCALERS),
        (["Cordon"], LEASE | {("get", "nodes"), ("patch", "nodes")}),
        (["Pin"], LEASE | AUTOSCALERS),
        (["Misdirect", "Close"], LEASE | {("get", "services"), ("patch", "services")}),
        (["Crash", "Deletion"], set()),
    ],
)
def test_the_expiry_s_account_may_take_back_what_the_faults_leave_and_no_more(
    names: list[str], expected: set[tuple[str, str]]
) -> None:
    """M4: for a mere scale it had the right to patch all nodes and all ConfigMaps."""
    assert rights_of(ACCOUNT, *names) == expected


def printed(*names: str, agent: str = DIGEST) -> dict[str, Any]:
    needs = [Need(faults()[name].needs, name) for name in names]
    told = {"agent": agent} if agent else {}
    found = [yaml.safe_load(text) for text in _policies([(system(**told), needs)], "kubernetes", "drill")]
    return {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == "ValidatingAdmissionPolicy"}


@pytest.mark.parametrize(
    ("name", "policies"),
    [
        ("Crash", ["squall-drill-pods", "squall-drill-exec"]),
        ("Cordon", ["squall-drill-pods", "squall-drill-exec", "squall-drill-nodes"]),
        ("Deletion", []),
    ],
)
def test_there_is_a_policy_for_what_is_granted(name: str, policies: list[str]) -> None:
    assert [*printed(name)] == policies


def test_without_the_image_there_is_no_policy_and_a_line_that_says_so() -> None:
    with pytest.raises(Misuse, match="must name its image by digest"):
        printed("Crash", agent="")


def test_each_policy_is_bound_and_denies_our_accounts_alone() -> None:
    found = [*pod_policies("drill", ACCOUNT, [DIGEST], ["web"]), *node_policies("drill", ACCOUNT)]
    policies, bindings = found[::2], found[1::2]
    assert [each["metadata"] for each in policies] == [each["metadata"] for each in bindings]
    for policy, binding in zip(policies, bindings, strict=True):
        assert binding["spec"] == {"policyName": policy["metadata"]["name"], "validationActions": ["Deny"]}
        assert policy["spec"]["failurePolicy"] == "Fail"
        (condition,) = policy["spec"]["matchConditions"]
        assert "system:serviceaccount:squall:drill" in condition["expression"]
    assert ACCOUNT in str(policies[2]["spec"]["matchConditions"])


def test_the_words_that_a_policy_admits_are_those_of_squall_s_pods() -> None:
    """It compares by position: an agent's namespace is where the policy looks for it."""
    serve = agent_pod("run", "worker", "web", DIGEST)["spec"]["containers"][0]["command"]
    first = len(ENTRY)
    assert (serve[first], serve[first + 3 : first + 5]) == ("serve", ["--namespace", "web"])
    assert mending_pod("run", "worker", DIGEST)["spec"]["containers"][0]["command"][first] == "recover"
    expiry = expiry_pod("x", "run", HeldObjects(), DIGEST, "/lease")["spec"]["containers"][0]
    assert expiry["command"][first] == "expire"
    assert expiry["readinessProbe"]["exec"]["command"][0] == "test"
    text = json.dumps([*pod_policies("drill", ACCOUNT, [DIGEST], ["web"])])
    for words in (f"c.command[{first}] ==", f"c.command[{first + 3}] ==", f"c.command[{first + 4}] in"):
        assert words in text
