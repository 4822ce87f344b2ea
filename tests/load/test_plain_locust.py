"""Locustfiles of Locust's own users, driven as arrivals: real load process, real server; and by Locust alone."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.load.process import LoadProcess
from squall.measure.load import arrived
from squall.record import columns
from squall.record.columns import Samples
from squall.system import system
from tests.load.server import Server

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


class Load:
    """Starts the load with one of the users of ``plain.py``, and reads its log when it is stopped."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._path, self._monkeypatch = folder / "requests.sqb", monkeypatch
        self._process: LoadProcess | None = None

    def start(self, url: str, users: str, **settings: object) -> LoadProcess:
        self._monkeypatch.setenv("USERS", users)
        given = {"locustfile": "tests/load/plain.py", "rate": "100/s", "timeout": "2s", **settings}
        asked = system.UserLoad.model_validate(given)
        self._process = LoadProcess.start(asked, url, self._path, lambda *_: None, seed=7, root=ROOT)
        return self._process

    def run(self, server: Server, users: str, requests: int, **settings: object) -> Samples:
        load = self.start(server.url, users, **settings)
        server.wait_for(requests)
        load.stop()
        return columns.load(self._path)

    def stop(self) -> None:
        if self._process:
            self._process.stop()


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    started = Load(tmp_path, monkeypatch)
    yield started
    started.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.body = b'{"a": 1}'
        yield running


@pytest.fixture(params=["FastHttpUser", "HttpUser"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAST", "1" if request.param == "FastHttpUser" else "")


@pytest.mark.usefixtures("either")
def test_a_user_logs_in_once_and_comes_again(load: Load, server: Server) -> None:
    taken = load.run(server, "shopper", 100)
    seen = Counter((s.name, s.lane) for s in taken)
    logins = seen.pop(("/login", "load"))
    assert {name for name, _ in seen} == {"look", "buy"}
    # A new one comes only while the others are busy or rest; her first task follows on her login.
    assert 1 <= logins == sum(count for (_, lane), count in seen.items() if lane == "then") < len(taken) / 4
    assert seen["look", "load"] > seen["buy", "load"] > 0
    assert not taken.failed.any()
    assert arrived(taken) == len(taken) - logins
    # Each who came had her on_stop, whose requests are in no log.
    assert sum(count for path, count in server.seen.items() if path.startswith("/logout")) == logins


@pytest.mark.usefixtures("either")
def test_a_system_that_stalls_is_asked_as_often_as_before(load: Load, server: Server) -> None:
    process = load.start(server.url, "shopper")
    server.wait_for(20)
    server.hold()
    server.wait_for(60)  # one who waited for her answer would not ask
    server.release()
    process.stop()
    taken = columns.load(load._path)
    first = [sample.intended for sample in taken if sample.lane == "load"]
    assert all(abs(after - before - 0.01) < 1e-6 for before, after in pairwise(first))


@pytest.mark.usefixtures("either")
def test_a_sequence_goes_on_where_the_user_was(load: Load, server: Server) -> None:
    load.run(server, "flow", 100, connections="kept")
    seen = server.seen
    assert seen["/enter"] >= seen["/first"] >= seen["/second"] >= seen["/leave"] > 0


@pytest.mark.usefixtures("either")
def test_nested_tasks_have_their_weights(load: Load, server: Server) -> None:
    taken = load.run(server, "nested", 150, rate="300/s")
    seen = Counter(s.name for s in taken)
    assert set(seen) == {"/outer", "/often", "/seldom", "/out"}
    assert seen["/often"] > seen["/seldom"]
    assert arrived(taken) == len(taken)


@pytest.mark.usefixtures("either")
def test_whatever_a_task_does_shows(load: Load, server: Server) -> None:
    taken = load.run(server, "odd", 200, rate="200/s")
    outcomes = {(s.name, re.sub(r":\d+:", ":LINE:", s.error), s.ok) for s in taken if s.name != "silent"}
    assert outcomes == {
        ("/before", 'task failed: tests/load/plain.py:LINE: raise KeyError("thing") (KeyError)', False),
        ("/checked", "wrong answer", False),
        ("forgives", "http 302", True),
        ("stays", "http 302", False),
        ("follows", "", True),
        ("/green/1", "", True),
        ("/green/2", "", True),
        ("grpc", "", True),
        ("rests", "", True),
    }
    (silent,) = {s.error for s in taken if s.name == "silent"}
    assert silent.startswith("task failed: silent made no request that squall sees")


@pytest.mark.usefixtures("either")
def test_names_of_its_own_do_no_harm(load: Load, server: Server) -> None:
    taken = load.run(server, "own-rest", 20)
    assert {s.name for s in taken} == {"/rest"}
    assert not taken.failed.any()


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(("arguments", "path"), [((), "/usual"), (("--page", "/new"), "/new")])
def test_arguments_reach_the_locustfile(load: Load, server: Server, arguments: tuple[str, ...], path: str) -> None:
    load.run(server, "shopper", 40, arguments=arguments)
    assert server.seen[path] > 0
    assert {"/usual", "/new"} & set(server.seen) == {path}


@pytest.mark.usefixtures("either")
def test_tags_choose_tasks(load: Load, server: Server) -> None:
    load.run(server, "tagged", 20, arguments=["--tags", "quick"])
    assert set(server.seen) == {"/quick"}


@pytest.mark.usefixtures("either")
def test_an_on_start_that_raises_is_a_bad_arrival_and_others_come(load: Load, server: Server) -> None:
    taken = load.run(server, "unwelcome", 10)
    assert {re.sub(r":\d+:", ":LINE:", s.error) for s in taken} == {
        'task failed: tests/load/plain.py:LINE: raise KeyError("nobody lets me in") (KeyError)'
    }
    assert len(taken) >= 10


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(("connections", "fewest", "most"), [("new", 40, 10**6), ("kept", 1, 30), (3, 1, 30)])
def test_users_connect_as_the_system_file_says(
    load: Load, server: Server, connections: object, fewest: int, most: int
) -> None:
    # Of 40 arrivals; on a machine that stalls several are under way at once, each on a connection of its own.
    load.run(server, "own-rest", 40, connections=connections)
    assert fewest <= server.connections <= most


def test_an_answer_that_does_not_come_is_given_up(load: Load, server: Server) -> None:
    server.hold()
    taken = load.run(server, "own-rest", 20, timeout="300ms")
    assert {s.error for s in taken} == {"timeout"}
    assert all(0.25 < s.done - s.intended < 2.0 for s in taken)


def test_kinds_may_be_of_different_classes(load: Load, server: Server) -> None:
    load.run(server, "mixed", 200, rate="200/s")
    # Six standard errors of a share of 200.
    assert abs(server.seen["/browser"] / len(server.requests) - 0.75) < 0.19


@pytest.mark.parametrize(
    ("users", "reason", "settings"),
    [
        ("fixed", "Fixed: has a fixed_count; the scenario says how many arrive: give it a weight instead", {}),
        ("idle", "Idle: has no tasks; write methods with @task, or TaskSets", {}),
        ("running", "Running: has a run of its own", {}),
        (
            "shopper",
            r"unrecognized arguments: --pgae=/x \(load.arguments in",
            {"arguments": ["--pgae=/x"]},
        ),
        ("shopper", r"num_users \(load.arguments in system.yaml\): the scenario says", {"arguments": ["-u", "10"]}),
    ],
)
def test_what_cannot_be_driven_is_refused_by_name(
    load: Load, users: str, reason: str, settings: dict[str, object]
) -> None:
    with pytest.raises(Misuse, match=reason) as refused:
        load.start("http://127.0.0.1:9", users, **settings)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("file", "users"), [("plain.py", "shopper"), ("plain.py", "flow"), ("users.py", "good")])
def test_locust_alone_runs_the_same_file(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, users: str
) -> None:
    monkeypatch.setenv("USERS", users)
    command = [sys.executable, "-m", "locust", "-f", f"tests/load/{file}", "--headless", "-u", "2", "-r", "2",
               "--host", server.url, "--json", "--exit-code-on-error", "3"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as locust:
        server.wait_for(20)
        locust.terminate()
        said, errors = locust.communicate(timeout=60)
    assert locust.returncode == 0, errors
    assert sum(each["num_requests"] for each in json.loads(said)) >= 15
