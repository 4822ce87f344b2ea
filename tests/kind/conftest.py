"""What tests on the real cluster share: a small system of their own, and accounts that have exactly some roles."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from squall.platforms.kind.platform import Kind
from squall.safety.undo_log import perform
from tests.kind import echo, networks
from tests.kind.account import Account, kubectl
from tests.kind.gate import CONTEXT
from tests.kind.harmed import new_run
from tests.kind.namespaces import removed_at_the_end

NAMESPACE, PORT = "squall-test-rights", 30086


@pytest.fixture
def run() -> str:
    return new_run()


@pytest.fixture(scope="module")
def networks_removed() -> Iterator[None]:
    with removed_at_the_end(networks.platform(), "squall-network"):
        yield


@pytest.fixture
def network(networks_removed: None, run: str) -> Iterator[Kind]:
    """Return the cluster with a shop, its store and one on its node's network, each with an agent beside it."""
    with closing(networks.platform()) as kind:
        lease = kind.claim_run(run)
        kind.deploy([], networks.quiet)
        everyone = [networks.one(kind, service) for service in ("shop", "store", "bare")]
        undo = kind.plan_agents(everyone, run)
        kind.start_agents(everyone, run)
        networks.until(
            lambda: {networks.asked(path) for path in ("/kept", "/new", "/name")} == {"200"}, 20,
            "the shop gets at its store",
        )  # fmt: skip
        yield kind
        for each in [*undo, lease]:
            perform(each)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # The module before this one may have left it ending, and nothing can be deployed to it then.
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true", "--timeout=50s")
    folder = echo.project(tmp_path_factory.mktemp("echo"), NAMESPACE, PORT)
    on = Kind(echo.system(folder), CONTEXT)
    on.check()
    on.deploy([], lambda _: None)
    on.close()
    yield folder
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@dataclass(frozen=True)
class Acting:
    """An account that has the roles of some faults, and the kubeconfig by which it acts."""

    account: Account
    kubeconfig: Path
    project: Path

    @contextmanager
    def platform(self) -> Iterator[Kind]:
        before = os.environ.get("KUBECONFIG")
        os.environ["KUBECONFIG"] = str(self.kubeconfig)
        on = Kind(echo.system(self.project), CONTEXT)
        try:
            yield on
        finally:
            on.close()
            os.environ.pop("KUBECONFIG") if before is None else os.environ.update(KUBECONFIG=before)


@pytest.fixture
def acting(project: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Acting]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    words = [word for fault in request.param for word in ("--fault", fault)]
    command = [sys.executable, "-m", "squall", "rbac", *words, "--system", "echo", "--account", name]
    printed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True, timeout=60).stdout
    account = Account(name, list(yaml.safe_load_all(printed)))
    account.grant()
    try:
        yield Acting(account, account.kubeconfig(tmp_path / "kubeconfig"), project)
    finally:
        account.revoke()
