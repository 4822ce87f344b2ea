"""Harms to the stores of a system on the real cluster, through a port-forward: bitten with proof, undone with proof."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.faults.connections_killed import ConnectionsKilled
from squall.faults.data_lost import DataLost
from squall.faults.fault import Fault
from squall.faults.flushed import Flushed
from squall.faults.hangs import Hangs
from squall.faults.memory_full import MemoryFull
from squall.faults.pool_exhausted import PoolExhausted
from squall.faults.slots_used_up import SlotsUsedUp
from squall.faults.store_restarted import StoreRestarted
from squall.faults.table_locked import TableLocked
from squall.platforms.kind.platform import Kind
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import find_system
from tests.kind.gate import CONTEXT, ROOT
from tests.kind.users import arriving
from tests.platforms.carrying import begun, bitten, injected, missed
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = find_system("quantum-rerank", ROOT)
LASTS = 3.0
READY_WITHIN = 60.0
UNDER_LOAD: list[tuple[Fault, str]] = [
    (SlotsUsedUp("postgres", LASTS), "a log-in as app is refused"),
    (TableLocked("postgres", LASTS, table="document"), "waits for the lock"),
    (DataLost("postgres", LASTS), "rows"),
    (ConnectionsKilled("postgres"), "sessions"),
    (PoolExhausted("rerank-api", LASTS), "pool free 0, pool waiting"),
    (Flushed("redis"), "keys"),
    (Hangs("redis", LASTS), "PING"),
    (MemoryFull("redis", LASTS), "bytes"),
    (StoreRestarted("redis"), "its start is"),
    (StoreRestarted("postgres"), "its start is"),
]


@pytest.fixture(scope="module")
def deployed() -> None:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        on.check()
        on.deploy((), lambda text: None)


@pytest.fixture
def kind(deployed: None, run: str) -> Iterator[Kind]:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        lease = on.claim_run(run)
        until(lambda: all(each.ready for name in SYSTEM.services for each in on.instances(name)), READY_WITHIN)
        yield on
        perform(lease)


@pytest.fixture
def load(kind: Kind, run: str, tmp_path: Path) -> Iterator[None]:
    """Users, so that the cache has keys and the pools have work."""
    with arriving(SYSTEM, kind.users_url(), tmp_path, run):
        yield


@pytest.mark.parametrize(
    ("fault", "says"), UNDER_LOAD, ids=lambda one: one.describe() if isinstance(one, Fault) else ""
)
def test_it_bites_ends_and_leaves_nothing(
    kind: Kind, run: str, load: None, tmp_path: Path, fault: Fault, says: str
) -> None:
    evidence = bitten(kind, fault, tmp_path, run)
    assert all(says in each.how for each in evidence), evidence


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Flushed("redis"), "0 keys, then 0"),
        (PoolExhausted("rerank-api", LASTS), "pool waiting 0"),
    ],
    ids=["an empty cache", "a pool that nobody asks"],
)
def test_who_has_nothing_to_lose_is_immune(kind: Kind, run: str, tmp_path: Path, fault: Fault, why: str) -> None:
    target, _ = begun(kind, Flushed("redis"), UndoLog(tmp_path / "first.jsonl"), run)
    injected(Flushed("redis"), target)
    evidence = missed(kind, fault, tmp_path, run)
    assert all(why in each.how for each in evidence), evidence
