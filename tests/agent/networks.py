"""Two real network namespaces joined by a cable: a target's and that of someone who uses it. Needs root."""

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from squall.agent.linux.namespaces import Namespace
from squall.agent.scope.processes import Process, start
from squall.agent.scope.scope import Family
from squall.agent.wire import Message

T = TypeVar("T")
PROC = Path("/proc")
# TEST-NET-1 (RFC 5737), inside namespaces that nothing else is in.
TARGET, USER = "192.0.2.2", "192.0.2.3"
PORT = 8080

missing = [word for word in ("ip", "nft") if shutil.which(word) is None]
needs_networks = pytest.mark.skipif(
    os.geteuid() != 0 or bool(missing),
    reason="needs root (network namespaces)" if os.geteuid() else f"needs {' and '.join(missing)}",
)


def run(*words: str) -> None:
    subprocess.run(words, check=True, timeout=10)


@dataclass
class Networks:
    name: str
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def target(self) -> str:
        return f"{self.name}-t"

    @property
    def user(self) -> str:
        return f"{self.name}-u"

    def start(self, where: str, *words: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(["ip", "netns", "exec", where, *words], stderr=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def serve(self) -> Message:
        """Start a server in the target's namespace and return it as a target."""
        return target_of(self.listen(self.target, PORT))

    def listen(self, where: str, port: int) -> subprocess.Popen[bytes]:
        child = self.start(where, sys.executable, "-c", ECHO, str(port))
        self.await_listening(where, port)
        return child

    def await_listening(self, where: str, port: int) -> None:
        deadline = time.monotonic() + 20
        while self.within(where, lambda: not _listens(port)):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def within(self, where: str, work: Callable[[], T]) -> T:
        namespace = opened(where)
        try:
            return namespace.within(work)
        finally:
            namespace.close()

    def connect(self, within: float = 0.3, port: int = PORT) -> socket.socket:
        return self.within(self.user, lambda: socket.create_connection((TARGET, port), timeout=within))

    def reached(self, within: float = 0.3) -> bool:
        try:
            with self.connect(within) as connection:
                connection.sendall(b"hello")
                return connection.recv(5) == b"hello"
        except OSError:
            return False

    def ruleset(self) -> str:
        done = subprocess.run(["ip", "netns", "exec", self.target, "nft", "list", "ruleset"],
                              capture_output=True, text=True, check=True, timeout=10)  # fmt: skip
        return done.stdout

    def nft(self, *words: str) -> None:
        run("ip", "netns", "exec", self.target, "nft", *words)


ECHO = """
import socket, sys, threading
def echo(one):
    while piece := one.recv(65536):
        one.sendall(piece)
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()
"""


def place() -> Family:
    """Return a place where the children of this process may be harmed."""
    began = start(PROC, os.getpid())
    assert began is not None
    return Family("a run", PROC, Process(os.getpid(), began))


def target_of(child: subprocess.Popen[bytes]) -> Message:
    return {"pid": child.pid, "started": start(PROC, child.pid)}


def opened(where: str) -> Namespace:
    """Hold a namespace that ``ip netns`` made."""
    namespace = Namespace.__new__(Namespace)
    namespace._proc = PROC
    namespace.handle = os.open(f"/run/netns/{where}", os.O_RDONLY)
    namespace.number = os.fstat(namespace.handle).st_ino
    return namespace


def _listens(port: int) -> bool:
    wanted = f":{port:04X} 00000000:0000 0A"
    return any(wanted in line for line in Path("/proc/thread-self/net/tcp").read_text().splitlines())


@contextmanager
def joined() -> Iterator[Networks]:
    networks = Networks(f"squall-{uuid.uuid4().hex[:6]}")
    ends = ((networks.target, "t0", TARGET), (networks.user, "u0", USER))
    try:
        for where, _, _ in ends:
            run("ip", "netns", "add", where)
        run("ip", "-n", networks.target, "link", "add", "t0", "type", "veth", "peer", "u0", "netns", networks.user)
        for where, cable, address in ends:
            run("ip", "-n", where, "addr", "add", f"{address}/24", "dev", cable)
            run("ip", "-n", where, "link", "set", "lo", "up")
            run("ip", "-n", where, "link", "set", cable, "up")
        yield networks
    finally:
        for child in networks.children:
            child.kill()
            child.wait()
        for where, _, _ in ends:
            subprocess.run(["ip", "netns", "del", where], check=False, capture_output=True)
