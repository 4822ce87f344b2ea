"""Faults on containers: each bites with proof, is undone with proof, and proves nothing on who is immune to it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.crash import Crash
from squall.faults.data_lost import DataLost
from squall.faults.errors_answered import ErrorsAnswered
from squall.faults.fault import Fault
from squall.faults.flushed import Flushed
from squall.faults.freeze import Freeze
from squall.faults.full_disk import FullDisk
from squall.faults.hangs import Hangs
from squall.faults.little_cpu import LittleCpu
from squall.faults.memory_full import MemoryFull
from squall.faults.out_of_memory import OutOfMemory
from squall.faults.partition import Partition
from squall.faults.resets import Resets
from squall.faults.resolution import NameResolution
from squall.faults.silence import Silence
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.slower import Slower
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.faults.unreachable import Unreachable
from squall.instances import ONE, Evidence
from squall.platforms.containers.platform import ComposePlatform
from squall.platforms.stores.endpoint import Loopback
from squall.record.calls import SecondOfCalls
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import System
from tests.platforms.carrying import begun, bitten, injected, missed, undone
from tests.platforms.docker_system import docker
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.needs_docker, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = System.read(Path(__file__).parent / "harmed" / "system.yaml")
PASSWORD = "of this test only"  # noqa: S105 - and it is
LASTS = 2.0
BACK_WITHIN = 60.0


@pytest.fixture(scope="module")
def deployed() -> Iterator[ComposePlatform]:
    with pytest.MonkeyPatch.context() as patch, closing(ComposePlatform(SYSTEM)) as on:
        patch.setenv("HARMED_PASSWORD", PASSWORD)
        on.check()
        on.plan_deploy("run")
        on.deploy((), lambda text: None)
        lease = on.claim_run("run")
        yield on
        perform(lease)


@pytest.fixture
def compose(deployed: ComposePlatform) -> ComposePlatform:
    """All its containers run, and the shop gets at its store."""
    until(lambda: all(each.ready for name in SYSTEM.services for each in deployed.instances(name)), BACK_WITHIN)
    until(lambda: all(asked(deployed, path) == 200 for path in ("/new", "/kept", "/name")), BACK_WITHIN)
    return deployed


def asked(on: ComposePlatform, path: str) -> int:
    """Return the status with which the shop answers a user; 0 if it does not."""
    try:
        return httpx.get(on.users_url() + path, timeout=3.0).status_code
    except httpx.TransportError:
        return 0


def port(on: ComposePlatform, service: str) -> int:
    place = on.stores()[service].endpoint.place
    assert isinstance(place, Loopback)
    return place.port


def named(fault: object) -> str:
    return fault.describe() if isinstance(fault, Fault) else ""


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Crash("store", ONE), "was gone after"),
        (Freeze("store", ONE, LASTS), "state T"),
        (OutOfMemory("mill", ONE), "memory"),
        (LittleCpu("mill", ONE, LASTS, percent=5.0), "waiting"),
        (FullDisk("mill", ONE, LASTS, path="/scratch", level=95.0), "/scratch"),
        (Unreachable("store", ONE, LASTS), "established connections reset"),
        (Partition("shop", ONE, LASTS, other="store"), "packets lost"),
        (NameResolution("shop", ONE, LASTS), "not permitted"),
        (NameResolution("shop", ONE, LASTS, hangs=True), "no answer within"),
        (Slower("store", ONE, LASTS, delay=0.3), "a trial through the proxy got"),
        (ErrorsAnswered("shop", ONE, LASTS), "got HTTP/1.1 503"),
        (Resets("store", ONE, LASTS), "reset"),
        (Silence("store", ONE, LASTS), "got nothing"),
    ],
    ids=named,
)
def test_it_bites_at_a_container_ends_and_leaves_nothing(
    compose: ComposePlatform, fault: Fault, says: str, tmp_path: Path
) -> None:
    evidence = bitten(compose, fault, tmp_path, "run")
    assert all(says in each.how for each in evidence), evidence


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (OutOfMemory("idler", ONE), "limit"),
        (LittleCpu("idler", ONE, LASTS, percent=20.0), "wanted no more CPU"),
        (FullDisk("idler", ONE, LASTS, path="/scratch", level=90.0), "/scratch"),
        (Unreachable("idler", ONE, LASTS), "listens on no TCP port"),
        (Partition("shop", ONE, LASTS, other="idler"), "has no address"),
        (Slower("idler", ONE, LASTS, delay=0.3), "listens on no TCP port"),
        (ErrorsAnswered("store", ONE, LASTS), "no HTTP"),
    ],
    ids=named,
)
def test_one_that_has_nothing_to_lose_is_immune(
    compose: ComposePlatform, fault: Fault, why: str, tmp_path: Path
) -> None:
    (before,) = compose.instances(fault.service)
    (evidence,) = missed(compose, fault, tmp_path, "run")
    assert why in evidence.how
    assert [each.incarnation for each in compose.instances(fault.service)] == [before.incarnation]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (SlotsUsedUp("documents", LASTS), "a log-in as reader is refused"),
        (TableLocked("documents", LASTS, table="document"), "waits for the lock"),
        (DataLost("documents", LASTS), "rows"),
        (ConnectionsKilled("documents"), "sessions"),
        (Flushed("cache"), "keys"),
        (Hangs("cache", LASTS), "PING"),
        (MemoryFull("cache", LASTS), "bytes"),
        (StoreRestarted("documents"), "its start is"),
        (StoreRestarted("cache"), "its start is"),
    ],
    ids=named,
)
def test_it_bites_at_a_store_in_a_container_ends_and_leaves_nothing(
    compose: ComposePlatform, fault: Fault, says: str, tmp_path: Path
) -> None:
    with redis.Redis(port=port(compose, "cache")) as client:
        client.mset({f"key {number}": "x" * 1000 for number in range(200)})
    reading = psycopg.connect(
        host="127.0.0.1", port=port(compose, "documents"), user="reader", password=PASSWORD, dbname="postgres"
    )
    with closing(reading):
        evidence = bitten(compose, fault, tmp_path, "run")
    assert all(says in each.how for each in evidence), evidence


def test_an_empty_cache_has_nothing_to_lose(compose: ComposePlatform, tmp_path: Path) -> None:
    with redis.Redis(port=port(compose, "cache")) as client:
        client.flushall()
    (evidence,) = missed(compose, Flushed("cache"), tmp_path, "run")
    assert "0 keys, then 0" in evidence.how


def test_users_see_what_was_proven_and_nothing_of_it_afterwards(compose: ComposePlatform, tmp_path: Path) -> None:
    fault, log = Slower("store", ONE, 30.0, delay=0.4), UndoLog(tmp_path / "undo.jsonl")
    target, _ = begun(compose, fault, log)
    try:
        (evidence,) = injected(fault, target)
        assert evidence.proven, evidence
        assert took(compose) >= 0.4
        assert fault.end(target)
        assert took(compose) < 0.4
    finally:
        undone(log)
    assert rules_at(compose, "store") == ""


def test_a_crash_in_the_middle_ends_a_harm_to_packets_for_the_container_gets_a_network_anew(
    compose: ComposePlatform, tmp_path: Path
) -> None:
    fault, log = Unreachable("store", ONE, 30.0), UndoLog(tmp_path / "undo.jsonl")
    target, _ = begun(compose, fault, log)
    try:
        (evidence,) = injected(fault, target)
        assert evidence.proven, evidence
        assert compose.harm("Crash", target.instances)[0].proven
        until(lambda: asked(compose, "/") == 200 and compose.instances("store")[0].ready, BACK_WITHIN)
        (ending,) = fault.end(target)
        assert ending.ended == "target gone", ending
    finally:
        undone(log)


def test_a_proxy_counts_who_passes_and_harms_nobody(compose: ComposePlatform) -> None:
    (store,) = compose.instances("store")
    (undo,) = compose.plan_agents([store], "run")
    compose.start_agents([store], "run")
    try:
        opened: list[Evidence] = list(compose.count_calls([store]))
        assert [each.proven for each in opened] == [True], opened
        assert compose.passed(store) is None
        for _ in range(5):
            asked(compose, "/new")
        seen = list[SecondOfCalls]()

        def all_seen() -> bool:
            passed = compose.passed(store)
            seen.extend(passed.seconds if passed is not None else ())
            return sum(each.calls for each in seen) >= 5

        until(all_seen, 10)
        # The agent's own trial may be among them.
        assert sum(each.calls for each in seen) <= 6
        assert sum(each.failed for each in seen) == 0
    finally:
        perform(undo)
    assert rules_at(compose, "store") == ""


def took(on: ComposePlatform) -> float:
    began = time.monotonic()
    assert asked(on, "/new") == 200
    return time.monotonic() - began


def rules_at(on: ComposePlatform, service: str) -> str:
    """Return squall's packet rules in a container's network."""
    (one,) = on.instances(service)
    pid = docker("inspect", "--format", "{{.State.Pid}}", one.incarnation.partition("/")[0])
    words = ["nsenter", "--target", pid, "--net", "nft", "list", "tables"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True, timeout=10)
    return "\n".join(line for line in listed.stdout.splitlines() if "squall" in line)
