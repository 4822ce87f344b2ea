"""The real process with a real PostgreSQL and a real Valkey, all from wheels."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from specimen.__main__ import locked
from tests.specimen.servers import ROOT, free_port, listens, postgres, running, until, valkey

QUERY = {"query": "chest pain", "candidates": [3, 1, 2]}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres(ROOT / "specimen/documents.sql") as url:
        yield url


@dataclass(frozen=True, slots=True)
class Running:
    """An instance of the application, and the cache beside it."""

    process: subprocess.Popen[bytes]
    cache: subprocess.Popen[bytes]
    users: httpx.Client


@pytest.fixture
def instance(database: str) -> Iterator[Running]:
    port = free_port()
    settings = {
        "SPECIMEN_DATABASE_URL": database,
        "SPECIMEN_HOST": "127.0.0.1",
        "SPECIMEN_PORT": str(port),
        "SPECIMEN_INSTANCE": "pod-1",
        "SPECIMEN_DRAIN_SECONDS": "0.3",
    }
    with (
        valkey() as (cache, url),
        running([sys.executable, "-m", "specimen"], **settings, SPECIMEN_CACHE_URL=url) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as users,
    ):
        until(lambda: listens(port))
        until(lambda: users.get("/ready").status_code == 200)
        yield Running(process, cache, users)


def test_it_ranks_real_documents_and_does_without_its_cache(instance: Running) -> None:
    answers = [instance.users.post("/v1/rerank", json=QUERY) for _ in range(2)]
    instance.cache.kill()
    instance.cache.wait()
    answers.append(instance.users.post("/v1/rerank", json=QUERY))
    assert [(answer.status_code, answer.headers["x-cache"]) for answer in answers] == [
        (200, "miss"),
        (200, "hit"),
        (200, "off"),
    ]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert instance.users.get("/v1/similarity?a=1&b=5001").status_code == 404


def test_its_pool_shows_what_requests_may_still_take(instance: Running, database: str) -> None:
    def pool() -> tuple[float, float]:
        page = instance.users.get("/metrics").text
        return tuple(float(line.split()[1]) for line in page.splitlines() if line.startswith("database_pool"))  # type: ignore[return-value]

    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            httpx.get(instance.users.base_url.join("/v1/similarity?a=1&b=2"), timeout=10)

    until(lambda: pool() == (5, 0))
    with psycopg.connect(database.replace("app@", "postgres@")) as other, ThreadPoolExecutor(12) as users:
        other.execute("lock table document")
        asking = [users.submit(ask) for _ in range(12)]
        try:
            until(lambda: pool()[0] == 0 and pool()[1] > 0)
        finally:
            over.set()
            other.rollback()
    assert [asked.exception() for asked in asking] == [None] * 12
    until(lambda: pool() == (5, 0))


def test_told_to_stop_it_answers_while_it_drains_and_ends_cleanly(instance: Running) -> None:
    instance.process.send_signal(signal.SIGTERM)
    until(lambda: instance.users.get("/ready").status_code == 503)
    assert instance.users.get("/v1/similarity?a=1&b=2").status_code == 200
    assert instance.process.wait(10) == 0


def test_a_misspelled_setting_is_refused() -> None:
    command = [sys.executable, "-m", "specimen"]
    refused = subprocess.run(command, env={"SPECIMEN_PROT": "1"}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr.startswith("SPECIMEN_PROT: there is no such setting")


def test_a_lock_that_was_left_behind_keeps_it_from_starting(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert locked(lock)
    assert not locked(lock), "nobody removes it"
