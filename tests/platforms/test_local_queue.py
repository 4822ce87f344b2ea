"""The consumer of a real queue stands still on local: the backlog grows, and is worked off when it goes on."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis

from squall.faults.consumer_stopped import ConsumerStopped
from squall.platforms.local import Local
from squall.platforms.stores.door import Loopback
from squall.system import System
from tests.platforms.carrying import bitten, missed
from tests.platforms.tiny_system import until

pytestmark = pytest.mark.slow

SYSTEM = System.read(Path(__file__).parent / "queue" / "system.yaml")
FAULT = ConsumerStopped("worker", "jobs", 2.0)
EVERY = 0.02


@pytest.fixture
def local() -> Iterator[Local]:
    with closing(Local(SYSTEM)) as on:
        on.check()
        on.deploy((), lambda text: None)
        on.claim_run("run")
        yield on


@pytest.fixture
def cache(local: Local) -> Iterator["redis.Redis"]:
    place = local.stores()["cache"].door.place
    assert isinstance(place, Loopback)
    with redis.Redis(port=place.port) as client:
        yield client


@contextmanager
def brought(cache: "redis.Redis") -> Iterator[None]:
    """Bring something again and again while the block runs."""
    over = threading.Event()

    def bring() -> None:
        while not over.wait(EVERY):
            cache.rpush("jobs", "job")

    thread = threading.Thread(target=bring)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_the_backlog_grows_and_is_worked_off(local: Local, cache: "redis.Redis", tmp_path: Path) -> None:
    with brought(cache):
        _, proof = bitten(local, FAULT, tmp_path, "run")
    assert proof.target == "the queue jobs"
    assert proof.how.startswith("the backlog of jobs was 0, and ")
    until(lambda: cache.llen("jobs") == 0)


def test_a_queue_that_nobody_brings_anything_to_is_immune(local: Local, tmp_path: Path) -> None:
    frozen, proof = missed(local, FAULT, tmp_path, "run")
    assert (frozen.proven, proof.proven) == (True, False)
    assert "the backlog of jobs was 0, and 0 after" in proof.how
