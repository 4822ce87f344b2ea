"""The consumer of a real queue stands still on the real cluster: the backlog grows, and is worked off afterwards."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.faults.consumer_stopped import ConsumerStopped
from squall.platforms.kind.platform import Kind
from squall.safety.undo_log import perform
from squall.system.system import System
from tests.kind.account import kubectl
from tests.kind.gate import CONTEXT, ROOT
from tests.platforms.carrying import bitten, missed
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = System.read(ROOT / "tests" / "platforms" / "queue" / "system.yaml")


@pytest.fixture(scope="module", autouse=True)
def deployed() -> Iterator[None]:
    # What the crash tests left of it may wait minutes to be started again: each end of its cache ended it too.
    kubectl("delete", "namespace", "squall-queue", "--ignore-not-found", "--wait=true", "--timeout=50s")
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        on.check()
        on.deploy((), lambda text: None)
    yield
    kubectl("delete", "namespace", "squall-queue", "--wait=false")


@pytest.fixture
def kind(run: str) -> Iterator[Kind]:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        lease = on.claim_run(run)
        yield on
        perform(lease)


def test_a_queue_that_nobody_brings_anything_to_is_immune(kind: Kind, run: str, tmp_path: Path) -> None:
    frozen, proof = missed(kind, ConsumerStopped("worker", "mail", 2.0), tmp_path, run)
    assert (frozen.proven, proof.proven) == (True, False)
    assert "the backlog of mail was 0, and 0 after" in proof.how


def test_the_backlog_grows_and_is_worked_off(kind: Kind, run: str, tmp_path: Path) -> None:
    frozen, proof = bitten(kind, ConsumerStopped("worker", "jobs", 3.0), tmp_path, run)
    assert frozen.target.startswith("worker-")
    assert (proof.target, proof.how.partition(" was ")[0]) == ("the queue jobs", "the backlog of jobs")
    # Whoever looked has been ended with the undo: another run looks.
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        store = on.stores()["cache"]
        store.attend(run)
        until(lambda: store.backlog("jobs", run) <= 1)
