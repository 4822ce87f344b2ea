"""PostgreSQL and Valkey from their wheels, with passwords, for tests of harms to stores."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from squall.platforms.processes.wheels import program
from squall.platforms.stores.endpoint import Loopback, StoreEndpoint
from squall.system.stores import Login

# PostgreSQL refuses to be run by root.
USER = "nobody" if os.geteuid() == 0 else None
# Names of variables, and what is in them; nothing of what squall says or writes may hold the latter.
SUPERUSER, APPLICATION, CACHE = "TEST_STORE_SUPERUSER", "TEST_STORE_APPLICATION", "TEST_STORE_CACHE"
PASSWORDS = {SUPERUSER: "s3cret-of-the-superuser", APPLICATION: "s3cret-of-the-app", CACHE: "s3cret-of-the-cache"}
SLOTS = 20

Command = list[str | Path]

SCHEMA = """
create role app login password '{password}' connection limit 60;
create table customer (id integer generated always as identity primary key, name text not null);
create table "Order" (
  id integer primary key, customer integer not null references customer, price numeric, twice numeric
  generated always as (price * 2) stored
);
insert into customer (name) select 'customer ' || i from generate_series(1, 50) i;
insert into "Order" select i, i % 50 + 1, i * 1.5 from generate_series(1, 200) i;
grant select, insert, update, delete on customer, "Order" to app;
grant usage on sequence customer_id_seq to app;
"""


def until(true: Callable[[], object], within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Database:
    port: int
    data: Path

    @property
    def endpoint(self) -> StoreEndpoint:
        return StoreEndpoint(
            service="postgres", kind="postgres", place=Loopback(port=self.port), disposable=True,
            login=Login(user="postgres", variable=SUPERUSER), application=Login(user="app", variable=APPLICATION),
        )  # fmt: skip

    def connect(self, user: str = "app") -> "psycopg.Connection[tuple[object, ...]]":
        password = PASSWORDS[SUPERUSER if user == "postgres" else APPLICATION]
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname="postgres", user=user, password=password, autocommit=True,
            application_name="the application", connect_timeout=5,
        )  # fmt: skip

    def ask(self, query: str, user: str = "postgres") -> list[tuple[object, ...]]:
        with self.connect(user) as connection:
            return connection.execute(query.encode()).fetchall()

    def ours(self) -> int:
        """Return how many sessions squall has there."""
        (count,) = self.ask("select count(*) from pg_stat_activity where application_name like 'squall/%'")[0]
        return int(str(count))

    def without_application(self) -> None:
        """Wait until no session of the application's role is listed: those that were closed are for a moment."""
        until(lambda: not self.ask("select pid from pg_stat_activity where usename = 'app'"))

    def restart(self) -> None:
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGINT)
        until(lambda: not (self.data / "postmaster.pid").exists())


def _serve(data: Path, port: int) -> "subprocess.Popen[bytes]":
    command: Command = [program("postgres"), "-D", data, "-p", str(port), "-c", f"max_connections={SLOTS}"]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, user=USER, cwd=data.parent)


@contextmanager
def database() -> Iterator[Database]:
    # Not pytest's own folder: that one is closed to other users.
    folder, port = Path(tempfile.mkdtemp(prefix="squall-test-")), free_port()
    found = Database(port, folder / "data")
    process = None
    try:
        (folder / "password").write_text(PASSWORDS[SUPERUSER])
        if USER:
            shutil.chown(folder, USER)
            shutil.chown(folder / "password", USER)
        command: Command = [program("initdb"), "-D", found.data, "-U", "postgres", "--pwfile", folder / "password"]
        command += ["-A", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, user=USER)
        process = _serve(found.data, port)
        until(lambda: _answers(found))
        with found.connect("postgres") as connection:
            connection.execute(SCHEMA.format(password=PASSWORDS[APPLICATION]).encode())
        yield found
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        shutil.rmtree(folder)


def _answers(found: Database) -> bool:
    try:
        found.connect("postgres").close()
    except psycopg.Error:
        return False
    return True


@contextmanager
def started_again(found: Database) -> Iterator[None]:
    """Start a database that was stopped, and stop it at the end of the block."""
    process = _serve(found.data, found.port)
    try:
        until(lambda: _answers(found))
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@dataclass(frozen=True)
class Cache:
    port: int

    @property
    def endpoint(self) -> StoreEndpoint:
        place = Loopback(port=self.port)
        return StoreEndpoint(service="redis", kind="valkey", place=place, login=Login(variable=CACHE), disposable=True)

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=PASSWORDS[CACHE], decode_responses=True, socket_timeout=10)

    def fill(self, count: int = 500) -> None:
        with self.client as client:
            for number in range(count):
                client.set(f"key {number}", "x" * 1000)

    def ask(self, *words: str) -> object:
        with self.client as client:
            return client.execute_command(*words)


@contextmanager
def cache(*options: str) -> Iterator[Cache]:
    found = Cache(free_port())
    command: Command = [program("valkey"), "--port", str(found.port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--requirepass", PASSWORDS[CACHE], "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until(lambda: _pings(found))
            yield found
        finally:
            process.kill()


def _pings(found: Cache) -> bool:
    try:
        return bool(found.ask("PING"))
    except redis.RedisError:
        return False
