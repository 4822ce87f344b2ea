"""The platform kubernetes on a real cluster that does not look like kind's: refused until it is allowed twice."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from squall.errors import Misuse, NotUndone
from squall.faults.crash import Crash
from squall.faults.deletion import Deletion
from squall.faults.fault import Fault, need
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.allowed import Kubernetes
from squall.platforms.kubernetes.api.labels import ALLOWED
from squall.safety.undo_log import Undo, perform
from squall.system.cluster import UNPUBLISHED
from tests.kind import echo
from tests.kind.account import kubectl
from tests.kind.conftest import NAMESPACE
from tests.kind.flow import carried_out

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.timeout(180)]
CONTEXT = "staging"


@pytest.fixture(autouse=True)
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the kubeconfig, in which the context has another name than kind gave it."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config["contexts"][0]["name"] = config["current-context"] = CONTEXT
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


@pytest.fixture
def labelled(project: Path) -> Iterator[None]:
    kubectl("label", "namespace", NAMESPACE, f"{ALLOWED}=true", "--overwrite")
    yield
    kubectl("label", "namespace", NAMESPACE, f"{ALLOWED}-")


def cluster(project: Path, *allowed: str, namespace: str | None = None) -> Kubernetes:
    system = echo.system(project)
    section = system.platforms.kubernetes
    assert section is not None
    # The nodes of kind have the agent's image by its name; nothing there has a digest of a registry's.
    told = {"agent": UNPUBLISHED} | ({"namespace": namespace} if namespace is not None else {})
    changed = system.platforms.model_copy(update={"kubernetes": section.model_copy(update=told)})
    return Kubernetes(system.model_copy(update={"platforms": changed}), CONTEXT, allowed)


def refused(on: Kubernetes | Kind, text: str) -> None:
    instances = ()
    try:
        for touch in (
            on.check,
            lambda: on.deploy([], print),
            lambda: on.claim_run("r"),
            lambda: on.start_agents(instances, "r"),
        ):
            with pytest.raises(Misuse, match=text):
                touch()
    finally:
        on.close()


def test_it_is_refused_without_permission(project: Path, labelled: None) -> None:
    refused(cluster(project), 'the context "staging" is not allowed: .* add --allow-context staging')
    refused(cluster(project, "other"), 'the context "staging" is not allowed')
    refused(Kind(echo.system(project), CONTEXT), "not one that kind made")


def test_it_is_refused_without_the_label(project: Path) -> None:
    refused(cluster(project, CONTEXT), f"does not allow it: kubectl --context staging label namespace {NAMESPACE} ")


@pytest.mark.parametrize(
    ("namespace", "text"),
    [
        ("kube-system", "never touched"),
        ("squall", "never touched"),
        ("kube-x", "never touched"),
        ("gone", "no namespace"),
    ],
)
def test_what_is_protected_stays_so_whatever_is_allowed(project: Path, namespace: str, text: str) -> None:
    refused(cluster(project, CONTEXT, namespace=namespace), text)


def generation() -> str:
    return kubectl("get", "deployment", "echo", "-n", NAMESPACE, "-o", "jsonpath={.metadata.generation}")


@pytest.mark.parametrize("fault", [Crash("echo"), Deletion("echo")], ids=["Crash", "Deletion"])
def test_with_both_it_runs_and_what_is_there_already_is_not_deployed(
    project: Path, labelled: None, fault: Fault
) -> None:
    on = cluster(project, CONTEXT)
    try:
        before = json.loads(kubectl("get", "deployment", "echo", "-n", NAMESPACE, "-o", "json"))["metadata"][
            "generation"
        ]
        on.check()
        assert not {right for right in on.needed(need(fault)) if right.startswith("patch")}
        assert [each.proven for each in carried_out(on, fault)] == [True]
        after = json.loads(kubectl("get", "deployment", "echo", "-n", NAMESPACE, "-o", "json"))["metadata"][
            "generation"
        ]
        assert after == before
    finally:
        on.close()


def test_the_cluster_is_recorded_and_another_is_not_undone_in(project: Path, labelled: None) -> None:
    on = cluster(project, CONTEXT)
    uid = kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert on.facts()[0]["cluster"] == uid
    lease = on.claim_run("test-uid")
    on.close()
    with pytest.raises(
        NotUndone, match=f"leads to another cluster now .uid {uid}, it was made-anew.: nothing is undone"
    ):
        perform(Undo(lease.kind, lease.about, {**lease.args, "cluster": "made-anew"}))
    assert perform(lease) == "held by nobody"


def test_the_command_refuses_and_permits(project: Path, labelled: None) -> None:
    feature = project / "features" / "echo" / "deletion.feature"
    feature.parent.mkdir(parents=True, exist_ok=True)
    feature.write_text(
        'Feature: echo\n  Scenario: A pod is deleted\n    Given "echo" is in its steady state\n'
        '    And 50 requests per second arrive\n    When a pod of "echo" is deleted\n'
        "    Then at least 50% of requests succeed in the 10s after\n"
    )

    def plan(*words: str) -> list[dict[str, object]]:
        command = [sys.executable, "-m", "squall", "plan", str(feature), "--json", "--platform", "kubernetes", *words]
        done = subprocess.run(
            command, cwd=project, env=os.environ, capture_output=True, text=True, check=True, timeout=100
        )
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    assert 'the context "staging" is not allowed' in str(plan()[0]["refused"])
    (allowed,) = plan("--context", CONTEXT, "--allow-context", CONTEXT)
    assert (allowed["refused"], allowed["missing"], allowed["of"]) == ("", [], 2)
    told = allowed["plan"]
    assert isinstance(told, dict)
    assert "--platform kubernetes --context staging --allow-context staging" in told["command"]
