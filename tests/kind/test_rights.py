"""Each harm on the real cluster under exactly its role, and with one right less. By real tokens: an exec drops
impersonation. No load: what is shown is that the rights suffice, and that each of them is asked for by name."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.errors import Misuse
from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.fault import Fault, need
from squall.faults.freeze import Freeze
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.access.review import ReviewedNames, asked
from squall.platforms.kubernetes.access.rights import OF
from squall.run.preflight import permit, unoffered
from tests.kind.account import kubectl
from tests.kind.conftest import NAMESPACE, Acting
from tests.kind.flow import carried_out
from tests.kind.gate import CONTEXT

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.timeout(180)]
FAULTS: dict[str, Fault] = {"Crash": Crash("echo"), "Freeze": Freeze("echo", lasts=1.0), "Deletion": Deletion("echo")}
POLICY = "squall-test-unprivileged"
PRIVILEGED = "!object.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))"


@pytest.mark.parametrize(("acting", "fault"), [([name], name) for name in FAULTS], indirect=["acting"])
def test_a_harm_bites_under_exactly_its_role(acting: Acting, fault: str) -> None:
    with acting.platform() as on:
        assert on.missing(need(FAULTS[fault])) == []
        evidence = carried_out(on, FAULTS[fault])
    assert [each.proven for each in evidence] == [True], evidence
    told = kubectl("get", "events", "-n", NAMESPACE, "--field-selector", "reason=HarmedOnPurpose", "-o", "json")
    about = {each["involvedObject"]["name"]: each["message"] for each in json.loads(told)["items"]}
    assert "squall harms this pod on purpose" in about[evidence[0].target]


def of_capability(fault: str) -> list[tuple[str, str, str]]:
    places = asked(OF[FAULTS[fault].needs].rights, ReviewedNames(NAMESPACE, ("echo",), ("echo",)))
    return [(each.verb, each.resource, each.namespace) for each in places]


@retry(retry=retry_if_result(lambda lacking: not lacking), stop=stop_after_delay(10), wait=wait_fixed(0.2))
def lacking(on: Kind, fault: Fault) -> list[str]:
    """The API server learns of a changed role a moment later."""
    return list(on.missing(need(fault)))


@retry(retry=retry_if_result(lambda there: not there), stop=stop_after_delay(10), wait=wait_fixed(0.2))
def granted(on: Kind, fault: Fault) -> bool:
    return not on.missing(need(fault))


@pytest.mark.parametrize(("acting", "fault"), [(["Crash"], "Crash"), (["Deletion"], "Deletion")], indirect=["acting"])
def test_with_one_right_less_it_is_refused_by_name(acting: Acting, fault: str) -> None:
    harm = FAULTS[fault]
    with acting.platform() as on:
        on.check()
        for verb, resource, namespace in of_capability(fault):
            acting.account.grant_without(verb, resource, namespace)
            assert lacking(on, harm) == [f"{verb} {resource} in {namespace}"]
            with pytest.raises(Misuse, match=f"{fault} on kind .* is refused: the account lacks the right to "
                                             f"{verb} {resource} in {namespace} .squall rbac"):  # fmt: skip
                permit(on, harm)
            acting.account.grant()
            retry(retry=retry_if_result(bool), stop=stop_after_delay(10), wait=wait_fixed(0.2))(on.missing)(need(harm))


@pytest.mark.parametrize("acting", [["Deletion"]], indirect=True)
def test_the_command_refuses_before_anything_is_done_and_plan_says_what_is_missing(
    acting: Acting, tmp_path: Path
) -> None:
    feature = acting.project / "features" / "echo" / "crash.feature"
    feature.parent.mkdir(parents=True, exist_ok=True)
    feature.write_text(CRASH)
    (acting.project / "load").mkdir(exist_ok=True)
    environment = {**os.environ, "KUBECONFIG": str(acting.kubeconfig)}

    def squall(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "squall", *words, str(feature), "--platform", "kind", "--context", CONTEXT]
        return subprocess.run(command, cwd=acting.project, env=environment, capture_output=True, text=True,
                              check=False, timeout=100)  # fmt: skip

    planned = json.loads(squall("plan", "--json").stdout)
    crash, deletion = planned
    assert "create pods in squall" in crash["missing"]
    assert set(crash["missing"]) < set(crash["rights"])
    assert deletion["missing"] == []
    assert deletion["plan"]["targets"]
    done = squall("run", "--name", "crashes", "--runs", str(tmp_path / "runs"))
    assert done.returncode == 4, done
    assert (
        "Crash on kind (kind-squall) is refused: the account lacks the right to create pods in squall; " in done.stderr
    )
    assert "Traceback" not in done.stdout + done.stderr


CRASH = """\
Feature: echo
  Scenario: A pod crashes
    Given "echo" is in its steady state
    And 50 requests per second arrive
    When a pod of "echo" crashes
    Then at least 50% of requests succeed in the 10s after

  Scenario: A pod is deleted
    Given "echo" is in its steady state
    And 50 requests per second arrive
    When a pod of "echo" is deleted
    Then at least 50% of requests succeed in the 10s after
"""


@pytest.fixture
def unprivileged(acting: Acting) -> Iterator[None]:
    """A policy of the cluster that forbids privileged pods: to this account alone, for others run agents meanwhile."""
    user = yaml.safe_load(kubectl("auth", "whoami", "-o", "yaml", "--kubeconfig", str(acting.kubeconfig)))
    name = user["status"]["userInfo"]["username"]
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": POLICY},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
                                                    "operations": ["CREATE"], "resources": ["pods"]}]},
            "matchConditions": [{"name": "us", "expression": f"request.userInfo.username == '{name}'"}],
            "validations": [{"expression": PRIVILEGED, "message": "no privileged pods here"}],
        },
    }  # fmt: skip
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": POLICY},
        "spec": {"policyName": POLICY, "validationActions": ["Deny"]},
    }
    kubectl("apply", "-f", "-", given=yaml.safe_dump_all([policy, binding]))
    yield
    kubectl("delete", "--ignore-not-found", "-f", "-", given=yaml.safe_dump_all([policy, binding]))


@retry(retry=retry_if_result(lambda reason: not reason), stop=stop_after_delay(20), wait=wait_fixed(0.5))
def why_not(on: Kind, fault: Fault) -> str:
    return unoffered(on, fault)


@pytest.mark.parametrize("acting", [["Crash", "Deletion"]], indirect=True)
def test_where_privileged_pods_are_forbidden_the_harms_through_the_api_still_bite(
    acting: Acting, unprivileged: None
) -> None:
    with acting.platform() as on:
        reason = why_not(on, FAULTS["Crash"])
        assert "kind (kind-squall) does not offer Host, which Crash needs: privileged pods are forbidden in" in reason
        assert "no privileged pods here" in reason
        assert on.missing(need(FAULTS["Crash"])) == []
        assert [each.proven for each in carried_out(on, FAULTS["Deletion"])] == [True]
