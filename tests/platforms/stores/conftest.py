from collections.abc import Iterator
from contextlib import closing

import pytest

from squall.platforms.stores.worker_client import WorkerClient
from tests.platforms.stores.servers import PASSWORDS, Cache, Database, cache, database, until


@pytest.fixture(scope="session")
def postgres() -> Iterator[Database]:
    with database() as found:
        yield found


@pytest.fixture(scope="session")
def running_cache() -> Iterator[Cache]:
    with cache() as found:
        yield found


@pytest.fixture
def valkey(running_cache: Cache) -> Cache:
    running_cache.ask("FLUSHALL")
    return running_cache


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, password in PASSWORDS.items():
        monkeypatch.setenv(variable, password)


@pytest.fixture
def at_postgres(postgres: Database) -> Iterator[WorkerClient]:
    with closing(WorkerClient(postgres.endpoint, "run-1")) as client:
        yield client
    # A session whose process is gone is listed until its server process has noticed.
    until(lambda: postgres.ours() == 0)


@pytest.fixture
def at_valkey(valkey: Cache) -> Iterator[WorkerClient]:
    with closing(WorkerClient(valkey.endpoint, "run-1")) as client:
        yield client
