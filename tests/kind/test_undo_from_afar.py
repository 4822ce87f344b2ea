"""``squall undo --context`` on the real cluster, as from another machine: no run folder, another context's name."""

import base64
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from squall.agent.expiry.marks import mark_text
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.labels import ALLOWED, agent_name
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.harms.secret_copy import copy_of
from squall.platforms.kubernetes.marks.apply import harm, read_changes
from squall.platforms.kubernetes.run_lease import RunLease
from squall.system.system import find_system
from tests.kind import echo
from tests.kind.account import kubectl
from tests.kind.conftest import NAMESPACE
from tests.kind.gate import CONTEXT, ROOT
from tests.platforms.harmed import ordered

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.timeout(180)]
ELSEWHERE = "staging"


@pytest.fixture
def api(project: Path) -> Iterator[Api]:
    kubectl("label", "namespace", NAMESPACE, f"{ALLOWED}=true", "--overwrite")
    api = Api(CONTEXT)
    yield api
    api.close()
    kubectl("label", "namespace", NAMESPACE, f"{ALLOWED}-")


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config["contexts"][0]["name"] = config["current-context"] = ELSEWHERE
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    return path


def undo(kubeconfig: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "squall", "undo", "--context", ELSEWHERE, *words]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "KUBECONFIG": str(kubeconfig),
                   "PYTHONPATH": str(Path(__file__).parents[2])}  # fmt: skip
    return subprocess.run(
        command, cwd=kubeconfig.parent, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=150, check=False,
    )  # fmt: skip


def silent(api: Api, namespace: str) -> None:
    """Make a lease one that was last renewed a minute ago."""
    path = within(namespace, "lease", "squall")
    expired = api.get(path)
    expired["spec"]["renewTime"] = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    api.replace(path, expired)


def test_what_a_dead_run_left_is_shown_and_then_undone(api: Api, project: Path, kubeconfig: Path) -> None:
    run, place = f"test-{uuid.uuid4().hex[:8]}", ObjectRef("service", "echo", NAMESPACE)
    before = api.get(place.path)["spec"]["selector"]
    on = Kind(echo.system(project), CONTEXT)
    on.claim_run(run)
    instances = on.instances("echo")[:1]
    on.start_agents(instances, run)
    harm(api, place, run, datetime.now(UTC), read_changes(api.get(place.path), {"/spec/selector/app": "nobody"}))
    agent = within("squall", "pod", agent_name(run, instances[0].node))

    refused = undo(kubeconfig, "--yes")
    assert refused.returncode == 4, refused
    assert "or allow this one: --allow-context staging" in refused.stderr

    living = undo(kubeconfig, "--allow-context", ELSEWHERE, "--yes")
    assert living.returncode == 0, living
    assert living.stdout.count("left alone (--force undoes it all the same)") == 3
    assert mark_text(api.get(place.path))

    on.close()  # as the harness's death: nobody renews the lease, the agent hears no more
    lease = RunLease(api, NAMESPACE)
    silent(api, NAMESPACE)

    shown = undo(kubeconfig, "--allow-context", ELSEWHERE)
    assert shown.returncode == 3, shown
    assert f"{run}: the harm to service {NAMESPACE}/echo, until " in shown.stderr
    assert "shown only: --yes undoes it" in shown.stdout
    assert mark_text(api.get(place.path))

    done = undo(kubeconfig, "--allow-context", ELSEWHERE, "--yes")
    assert done.returncode == 0, done
    assert f"service {NAMESPACE}/echo bears no mark: /spec/selector/app as before" in done.stdout
    assert api.get(place.path)["spec"]["selector"] == before
    assert mark_text(api.get(place.path)) is None
    assert api.find(agent) is None
    assert lease.renew(run) is False
    assert "nothing to undo" in undo(kubeconfig, "--allow-context", ELSEWHERE).stdout


@pytest.fixture
def rerank(api: Api) -> Iterator[Kind]:
    system = find_system("quantum-rerank", ROOT)
    with closing(Kind(system, CONTEXT)) as on:
        on.check()
        on.deploy((), lambda _: None)
        kubectl("label", "namespace", "quantum-rerank", f"{ALLOWED}=true", "--overwrite")
        yield on
    kubectl("label", "namespace", "quantum-rerank", f"{ALLOWED}-")
    kubectl("rollout", "status", "deployment/rerank-api", "-n", "quantum-rerank", "--timeout=55s")


def test_a_password_that_a_dead_run_rotated_is_set_back(api: Api, rerank: Kind, kubeconfig: Path) -> None:
    run, secret = f"test-{uuid.uuid4().hex[:8]}", ObjectRef("secret", "quantum-rerank", "quantum-rerank")
    before = api.get(secret.path)["data"]
    rerank.claim_run(run)
    rotation = ordered(rerank, "SecretRotated", "rerank-api", secret="database-password")  # noqa: S106 - its key
    rotation.prepare(run)
    assert all(each.proven for each in rotation.harm(run, 0.0))
    assert api.get(secret.path)["data"] != before
    rerank.close()
    silent(api, "quantum-rerank")

    done = undo(kubeconfig, "--allow-context", ELSEWHERE, "--yes")
    assert done.returncode == 0, done
    assert f"{run}: the rotation of database-password of {secret}" in done.stderr
    assert "the password of app in postgres was set back, and lets it in" in done.stdout
    assert "deployment quantum-rerank/rerank-api bears no mark" in done.stdout
    for value in before.values():
        assert base64.b64decode(value).decode() not in done.stdout + done.stderr
    assert api.get(secret.path)["data"] == before
    assert mark_text(api.get(secret.path)) is None
    assert api.find(copy_of(run, secret, "database-password").path) is None


def test_context_and_folders_are_two_ways(tmp_path: Path, kubeconfig: Path) -> None:
    done = undo(kubeconfig, "--runs", str(tmp_path))
    assert (done.returncode, "name one of the two" in done.stderr) == (4, True)
