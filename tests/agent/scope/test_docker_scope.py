"""The agent's sight of a Docker host: what the daemon says is played over a real UNIX socket."""

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from squall.agent.scope.docker import Daemon
from squall.agent.scope.docker_scope import RUN, Containers, contained
from squall.agent.scope.processes import Process
from squall.agent.wire import Refused
from tests.agent.proc_folder import HOST, ProcFolder

CONTAINER = "ab" * 32
BEGAN = "2026-11-21T10:59:51.761976816Z"
ORDER = {"container": CONTAINER, "started": BEGAN}
V1 = f"4:memory:/docker/{CONTAINER}\n0::/docker/{CONTAINER}\n"
V2_SYSTEMD = f"0::/system.slice/docker-{CONTAINER}.scope\n"
V2_NESTED = f"0::/docker/{'cd' * 32}/docker/{CONTAINER}/init.scope\n"


def told(run: str = "run", pid: int = 41, began: str = BEGAN, status: str = "running") -> dict[str, Any]:
    state = {"Pid": pid, "StartedAt": began, "Status": status}
    return {"Id": CONTAINER, "Config": {"Labels": {RUN: run}}, "State": state}


class Played:
    def __init__(self) -> None:
        self.containers: dict[str, dict[str, Any]] = {CONTAINER: told()}


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    containers = Played()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = containers.containers.get(self.path.split("/")[2])
            text = json.dumps(found or {"message": "No such container"}).encode()
            self.send_response(200 if found else 404)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def address_string(self) -> str:
            return ""

        def log_message(self, *_: object) -> None: ...

    with socketserver.UnixStreamServer(str(tmp_path / "docker.sock"), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield containers
        server.shutdown()
        thread.join()


@pytest.fixture
def place(proc: ProcFolder, tmp_path: Path) -> Containers:
    return Containers("run", proc.path, Daemon(tmp_path / "docker.sock"))


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("form", [V1, V2_SYSTEMD, V2_NESTED])
def test_the_daemons_process_is_the_main_one_and_all_of_the_group_are_members(
    proc: ProcFolder, place: Containers, form: str
) -> None:
    proc.add(1, HOST, "1")
    proc.add(41, form, "41 1", started=5)
    proc.add(42, form, "42 7", started=6)
    proc.add(43, form.replace(CONTAINER, "f" + CONTAINER), "43 1")
    assert place.main(ORDER) == Process(41, 5)
    assert place.members(ORDER) == [Process(41, 5), Process(42, 6)]
    assert place.holds(ORDER, Process(42, 6))
    assert not place.holds(ORDER, Process(42, 7))
    assert not place.holds(ORDER, Process(43, 100))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (told(run="another"), "was not made by this run: it is not to be touched"),
        (told() | {"Config": {"Labels": None}}, "was not made by this run"),
        (told(began="2026-11-21T11:00:17Z"), "is no longer what was chosen: it is running"),
        (told(pid=0, status="restarting"), "is no longer what was chosen: it is restarting"),
        (told(pid=1), "process 1 is not in container abababababab"),
        (told(pid=77), "process 77 is not in container"),
        (None, "there is no container abababababab"),
    ],
)
def test_what_is_not_the_runs_or_not_what_was_chosen_is_refused(
    proc: ProcFolder, place: Containers, played: Played, found: dict[str, Any] | None, why: str
) -> None:
    proc.add(1, HOST, "1")
    proc.add(41, V1, "41 1")
    played.containers = {CONTAINER: found} if found else {}
    with pytest.raises(Refused, match=why):
        place.main(ORDER)


def test_a_daemon_that_does_not_answer_is_a_refusal(place: Containers) -> None:
    with pytest.raises(Refused, match=r"docker\.sock: No such file or directory"):
        place.main(ORDER)


def test_a_process_that_is_gone_is_in_no_container(proc: ProcFolder) -> None:
    assert not contained(proc.path, 99, CONTAINER)


def test_a_container_keeps_its_id_over_restarts(proc: ProcFolder, place: Containers, played: Played) -> None:
    proc.add(41, V1, "41 1")
    name = place.restart_name(ORDER)
    assert (name, place.started_again(ORDER, name)) == (CONTAINER, None)
    played.containers = {CONTAINER: told(pid=0, status="restarting")}
    assert place.started_again(ORDER, name) is None
    played.containers = {CONTAINER: told(pid=77, began="2026-11-21T11:00:17Z")}
    assert place.started_again(ORDER, name) == {**ORDER, "started": "2026-11-21T11:00:17Z"}
    played.containers = {}
    with pytest.raises(Refused, match="there is no container"):
        place.started_again(ORDER, name)
