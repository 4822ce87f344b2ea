"""The consumer of a real queue stands still on local: the backlog grows, and is worked off when it goes on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.faults.consumer_stopped import ConsumerStopped
from squall.platforms.processes.platform import LocalPlatform
from squall.system.system import System
from tests.platforms.carrying import bitten, missed
from tests.platforms.tiny_system import until

pytestmark = pytest.mark.slow

SYSTEM = System.read(Path(__file__).parents[1] / "queue" / "system.yaml")


@pytest.fixture(scope="module")
def local() -> Iterator[LocalPlatform]:
    with closing(LocalPlatform(SYSTEM)) as on:
        on.check()
        on.deploy((), lambda text: None)
        on.claim_run("run")
        yield on


def test_a_queue_that_nobody_brings_anything_to_is_immune(local: LocalPlatform, tmp_path: Path) -> None:
    frozen, proof = missed(local, ConsumerStopped("worker", "mail", 2.0), tmp_path, "run")
    assert (frozen.proven, proof.proven) == (True, False)
    assert "the backlog of mail was 0, and 0 after" in proof.how


def test_the_backlog_grows_and_is_worked_off(tmp_path: Path) -> None:
    with closing(LocalPlatform(SYSTEM)) as local:
        local.deploy((), lambda text: None)
        local.claim_run("run")
        frozen, proof = bitten(local, ConsumerStopped("worker", "jobs", 2.0), tmp_path, "run")
        assert frozen.target == "worker-0"
        assert (proof.target, proof.how.partition(" was ")[0]) == ("the queue jobs", "the backlog of jobs")
        store = local.stores()["cache"]
        until(lambda: store.backlog("jobs", "run") <= 1)
