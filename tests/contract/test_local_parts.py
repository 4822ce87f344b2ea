"""What the platform local asks of supervisord and Envoy, shown with the real ones."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from squall.platforms.processes.envoy import Envoy
from squall.platforms.processes.programs import PlannedProcess, laid_out
from squall.platforms.processes.spec import Spec
from squall.platforms.processes.supervisor_config import configuration
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.processes.wheels import supervisord as supervisord_command
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.system.local import Front, Local, Program

pytestmark = pytest.mark.slow

TINY = Path(__file__).parents[1] / "platforms" / "tiny"


GRACE = 1.0


def until(true: Callable[[], object], within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def supervisord(tmp_path: Path) -> Iterator[Supervisord]:
    state = InstanceFolder(tmp_path / "s")
    state.make()
    sleeps = PlannedProcess("long", "long-0", 0, Spec(["sleep", "60"]), grace=GRACE)
    stubborn = PlannedProcess(
        "stubborn", "stubborn-0", 0, Spec(["sh", "-c", "trap '' TERM; sleep 60 & wait; wait"]), grace=GRACE
    )
    fails = PlannedProcess("fails", "fails-0", 0, Spec(["false"]))
    for process in (sleeps, stubborn, fails):
        process.spec.write(state.spec(process.name))
    state.configuration.write_text(configuration(state, (sleeps, stubborn, fails)))
    command = [*supervisord_command(), "-c", str(state.configuration)]
    with ended(subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)):
        until(state.socket.exists)
        connection = Supervisord(state.socket)
        yield connection
        connection.close()


def test_supervisord_starts_when_told_restarts_at_once_and_stops_for_good(supervisord: Supervisord) -> None:
    def pid(name: str = "long-0") -> int:
        return supervisord.processes()[name].pid

    assert supervisord.processes()["long-0"].state == "STOPPED"
    supervisord.start("long-0")
    supervisord.start("long-0")  # a second time does no harm
    until(lambda: supervisord.processes()["long-0"].state == "RUNNING")
    first = pid()
    os.kill(first, 9)
    states = set[str]()

    def is_another() -> bool:
        now = supervisord.processes()["long-0"]
        states.add(now.state)
        return now.pid not in {0, first}

    until(is_another)
    assert "BACKOFF" not in states, "nothing is waited for"
    until(lambda: supervisord.processes()["long-0"].state == "RUNNING")
    supervisord.stop("long-0")
    until(lambda: supervisord.processes()["long-0"].state == "STOPPED")
    time.sleep(0.2)
    assert pid() == 0, "what was stopped is not restarted"
    supervisord.start("long-0")
    until(pid)
    assert supervisord.version().startswith("4.")


def test_supervisord_kills_what_does_not_stop_within_its_grace(supervisord: Supervisord) -> None:
    supervisord.start("stubborn-0")
    until(lambda: supervisord.processes()["stubborn-0"].state == "RUNNING")
    told = time.monotonic()
    supervisord.stop("stubborn-0")
    until(lambda: supervisord.processes()["stubborn-0"].pid == 0)
    assert time.monotonic() - told >= GRACE


def test_supervisord_backs_off_from_what_ends_at_once_and_does_not_give_it_up(supervisord: Supervisord) -> None:
    supervisord.start("fails-0")
    until(lambda: supervisord.processes()["fails-0"].state == "BACKOFF")
    seen = set[str]()

    def tried_again() -> bool:
        seen.add(supervisord.processes()["fails-0"].state)
        return {"BACKOFF", "STARTING"} <= seen

    until(tried_again)
    assert "FATAL" not in seen


class Backend:
    """An instance whose readiness can be switched."""

    def __init__(self) -> None:
        self.status = 200
        backend = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(backend.status if self.path == "/ready" else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Answer)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_envoy_withdraws_by_health_and_sends_nothing_to_the_dead(tmp_path: Path) -> None:
    one, other = Backend(), Backend()
    local = Local(
        users="front",
        programs={"api": Program(command=f"{sys.executable} -c pass", count=2, ready="/ready")},
        fronts={"front": Front(envoy=Path("envoy.yaml"))},
    )
    users = free_port()
    layout = laid_out(local, TINY, tmp_path, [one.port, other.port, users], "")
    (tmp_path / "fronts").mkdir()
    for path, text in layout.configurations.items():
        path.write_text(text)
    command = layout.processes["front-0"].spec.command
    with ended(subprocess.Popen(command, stderr=subprocess.DEVNULL)), httpx.Client() as client:
        envoy, url = Envoy(layout.admins["front"]), f"http://127.0.0.1:{users}/"

        def answered() -> int:
            try:
                return client.get(url).status_code
            except httpx.TransportError:
                return 0

        until(lambda: answered() == 200)
        until(lambda: envoy.healthy() == {one.port: True, other.port: True})
        one.status = 503
        until(lambda: not envoy.healthy()[one.port])
        assert {answered() for _ in range(20)} == {200}
        other.close()
        until(lambda: not envoy.healthy()[other.port])
        # No panic: with nobody healthy nobody gets anything, though one of them would answer.
        assert {answered() for _ in range(5)} == {503}
        one.status = 200
        until(lambda: envoy.healthy()[one.port])
        # What the admin port says is what is done, but for a moment.
        until(lambda: answered() == 200)
        assert envoy.version().startswith("1.")
        envoy.close()
    one.close()
