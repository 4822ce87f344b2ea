"""Faults on the stores of a real system on local: planned, written down, done, ended, undone; nothing is left."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
import redis

from squall.errors import InjectionFailed
from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.data_lost import DataLost
from squall.faults.fault import Fault, Lasting, Target
from squall.faults.flushed import Flushed
from squall.faults.hangs import Hangs
from squall.faults.memory_full import MemoryFull
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.instances import Ended
from squall.platforms.capability import Stores
from squall.platforms.processes.platform import LocalPlatform
from squall.platforms.stores.endpoint import STORE_CREDENTIAL, Loopback
from squall.platforms.this_machine.process_tree import all_processes, members
from squall.safety.undo_log import UndoLog
from tests.platforms.carrying import begun, injected, undone
from tests.platforms.tiny_system import until

pytestmark = pytest.mark.slow

LASTS = 2.0
FAULTS: list[Fault] = [
    SlotsUsedUp("documents", LASTS),
    TableLocked("documents", LASTS, table="document"),
    TableLocked("documents", LASTS, table="document", hold=0.1),
    DataLost("documents", LASTS),
    MemoryFull("cache", LASTS),
    Hangs("cache", LASTS),
    Hangs("cache", LASTS, hold=0.1),
    ConnectionsKilled("documents"),
    Flushed("cache"),
]
# Would not be over by themselves while a test looks; the store that hangs answers nobody until then.
LONG: list[Lasting] = [
    SlotsUsedUp("documents", 60.0),
    TableLocked("documents", 60.0, table="document"),
    DataLost("documents", 60.0),
    MemoryFull("cache", 60.0),
    Hangs("cache", LASTS),
]


def port(on: LocalPlatform, service: str) -> int:
    place = on.stores()[service].endpoint.place
    assert isinstance(place, Loopback)
    return place.port


def password(on: LocalPlatform) -> str:
    return (on._state.path / STORE_CREDENTIAL).read_text()


def reader(on: LocalPlatform, word: str | None = None) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host="127.0.0.1", port=port(on, "documents"), user="reader", dbname="postgres",
        password=password(on) if word is None else word, connect_timeout=5,
    )  # fmt: skip


def read(on: LocalPlatform) -> list[tuple[object, ...]]:
    with reader(on) as session:
        return session.execute("select count(*), (select count(*) from pg_stat_activity "
                               "where application_name like 'squall/%') from document").fetchall()  # fmt: skip


def fill(on: LocalPlatform) -> None:
    with redis.Redis(port=port(on, "cache"), password=password(on)) as client:
        for number in range(200):
            client.set(f"key {number}", "x" * 1000)


def test_who_has_no_password_is_let_in_by_no_store(local: LocalPlatform) -> None:
    for word in ("", "guessed"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            reader(local, word)
        with pytest.raises(redis.AuthenticationError), redis.Redis(port=port(local, "cache"), password=word) as client:
            client.ping()
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=port(local, "documents"), user="postgres", dbname="postgres")


def test_no_password_of_a_store_is_seen_by_others(local: LocalPlatform) -> None:
    word, folder = password(local).encode(), local._state.path
    ours = members(watchdog, all_processes()) if (watchdog := local._state.noted("watchdog")) is not None else []
    assert len(ours) >= 6
    assert not [pid for pid in ours if word in Path(f"/proc/{pid.pid}/cmdline").read_bytes()]
    holding = [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]
    # What may be reached is closed itself, or in a folder that is.
    assert holding
    assert not [path for path in holding if path.stat().st_mode & 0o077 and path.parent.stat().st_mode & 0o077]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.describe())
def test_it_bites_ends_and_leaves_nothing(local: LocalPlatform, fault: Fault, tmp_path: Path) -> None:
    assert isinstance(local, Stores)
    before, log = local.baseline(), UndoLog(tmp_path / "undo.jsonl")
    fill(local)
    with reader(local):
        target, _ = begun(local, fault, log)
        evidence = injected(fault, target)
    assert [each.proven for each in evidence] == [True], evidence
    if isinstance(fault, Lasting) and fault.lasts:
        (ending,) = fault.end(target)
        assert ending.ended is Ended.AS_STATED, ending
        assert ending.when.high >= ending.when.low > evidence[0].onset.low
    assert all(isinstance(proof, str) for _, proof in log.replay())
    # A session that is over leaves the list a moment later.
    until(lambda: read(local) == [(100, 0)])
    after = local.baseline()
    assert {name: after.get(name) for name in before} == before
    assert not [name for name in after if name.startswith("squall's ")]


@pytest.mark.parametrize("fault", LONG, ids=lambda fault: fault.describe())
def test_its_undo_takes_it_back_before_its_end(local: LocalPlatform, fault: Lasting, tmp_path: Path) -> None:
    before, log = local.baseline(), UndoLog(tmp_path / "undo.jsonl")
    fill(local)
    target, _ = begun(local, fault, log)
    (proof,) = injected(fault, target)
    assert proof.proven, proof
    assert log.open_entries()
    undone(log)
    until(lambda: read(local) == [(100, 0)])
    after = local.baseline()
    assert {name: after.get(name) for name in before} == before


@pytest.mark.parametrize("fault", LONG, ids=lambda fault: fault.describe())
def test_when_its_worker_dies_it_was_over_early(local: LocalPlatform, fault: Lasting, tmp_path: Path) -> None:
    before, log = local.baseline(), UndoLog(tmp_path / "undo.jsonl")
    fill(local)
    target, _ = begun(local, fault, log)
    (proof,) = injected(fault, target)
    assert proof.proven, proof
    ((_, _, client),) = [each for each in local._workers._clients.values() if each[0].service == fault.service]
    os.kill(client.pid, signal.SIGKILL)
    (ending,) = fault.end(target)
    assert (ending.ended, "its worker ended before" in ending.how) == (Ended.BY_OTHERS, True)
    until(lambda: read(local) == [(100, 0)])
    undone(log)
    after = local.baseline()
    assert {name: after.get(name) for name in before} == before


@pytest.mark.parametrize("service", ["documents", "cache"])
def test_a_restarted_store_says_that_it_was_started_anew(local: LocalPlatform, service: str, tmp_path: Path) -> None:
    before = local.instances(service)[0]
    target, _ = begun(local, StoreRestarted(service), UndoLog(tmp_path / "undo.jsonl"))
    (proof,) = injected(StoreRestarted(service), target)
    assert proof.proven, proof
    assert "and was gone after" in proof.how
    assert "now, and was" in proof.how
    until(lambda: local.instances(service)[0].ready)
    assert local.instances(service)[0].incarnation != before.incarnation
    until(lambda: read(local) == [(100, 0)])


def test_a_store_that_does_not_come_back_was_not_restarted(
    local: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("squall.faults.store_restarted.BACK_WITHIN", 0.5)
    supervisord = local._state.noted("supervisord")
    assert supervisord is not None
    target = Target(local, local.instances("cache"), "run")
    fault = StoreRestarted("cache")
    fault.prepare(target)
    os.kill(supervisord.pid, signal.SIGSTOP)
    try:
        (proof,) = fault.inject(target)
    finally:
        os.kill(supervisord.pid, signal.SIGCONT)
    assert not proof.proven
    assert "after 0.5s looking into cache" in proof.how
    until(lambda: local.instances("cache")[0].ready)


def test_a_run_that_lost_its_lease_harms_nothing(local: LocalPlatform, tmp_path: Path) -> None:
    local._run = "another"
    try:
        with pytest.raises(InjectionFailed, match="the lease is lost"):
            injected(Flushed("cache"), begun(local, Flushed("cache"), UndoLog(tmp_path / "undo.jsonl"))[0])
    finally:
        local._run = "run"
