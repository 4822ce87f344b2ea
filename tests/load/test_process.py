"""The load process, real, against a real server. What is checked are records, never how fast they came about."""

import math
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from squall.clock import SYSTEM
from squall.errors import HarnessFailed, Misuse
from squall.load.process import LoadProcess
from squall.load.settings import LoadSettings
from squall.measure.arrivals import planned
from squall.record import columns
from squall.record.arrivals import LoadPlan, Stage
from squall.record.event import LoadStarted, RateChanged
from squall.record.folder import Record
from squall.record.samples import Sample, SampleReader
from squall.system import system
from tests.load.server import Server
from tests.load.tls import Tls, made
from tests.load.waiting import ends, until
from tests.records import record

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PARENT = """
import sys
from pathlib import Path
from squall.system import system
from squall.load.process import LoadProcess
users = system.UserLoad.model_validate_json(sys.argv[1])
load = LoadProcess.start(users, sys.argv[2], Path(sys.argv[3]), lambda *_: None)
print(load.pid, flush=True)
sys.stdin.read()
"""


class Users:
    """Starts the load, with the users that ``USERS`` names, and keeps what it says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "requests.sqb"
        self.said: dict[str, Mapping[str, object]] = {}
        self._monkeypatch = monkeypatch
        self._load: LoadProcess | None = None

    def start(self, url: str, users: str = "good", *, run: str = "", tls: system.Tls | None = None,
              plan: LoadPlan | None = None, **settings: object) -> LoadProcess:  # fmt: skip
        self._monkeypatch.setenv("USERS", users)
        self._load = LoadProcess.start(_settings(**settings), url, self.path, self.said.__setitem__, seed=7,
                                root=ROOT, run=run, tls=tls, plan=plan)  # fmt: skip
        return self._load

    def read(self) -> list[Sample]:
        return list(columns.load(self.path))

    def time(self, kind: str, key: str) -> float:
        return float(str(self.said[kind][key]))

    def stop(self) -> None:
        if self._load:
            self._load.stop()


class Heard(dict[str, Mapping[str, object]]):
    """Keeps each ``load.rate`` besides."""

    def __init__(self, rates: list[Mapping[str, object]]) -> None:
        super().__init__()
        self._rates = rates

    def __setitem__(self, kind: str, what: Mapping[str, object]) -> None:
        super().__setitem__(kind, what)
        if kind == "load.rate":
            self._rates.append(what)


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Users]:
    started = Users(tmp_path, monkeypatch)
    yield started
    started.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tls:
    return made(tmp_path, monkeypatch)


def _settings(**settings: object) -> system.UserLoad:
    # Longer than a busy machine takes: nobody gives up who is not meant to.
    given = {"locustfile": "tests/load/users.py", "rate": "100/s", "timeout": "20s", **settings}
    return system.UserLoad.model_validate(given)


def test_a_system_that_stalls_does_not_hold_arrivals_up(users: Users, server: Server) -> None:
    load = users.start(server.url, timeout="500ms")
    server.wait_for(20)
    server.hold()
    server.wait_for(100)  # nobody has been answered: twice the users' patience
    server.release()
    server.wait_for(20)
    load.stop()

    taken = users.read()
    start, end = users.time("load.started", "start"), users.time("load.stopped", "end")
    assert taken[0].intended == start
    assert [s.intended for s in taken] == pytest.approx([start + number / 100 for number in range(len(taken))])
    assert abs(len(taken) - (end - start) * 100) <= 2
    errors = Counter(s.error for s in taken)
    assert errors["timeout"] >= 20
    assert errors.keys() == {"", "timeout"}
    assert all(s.latency >= 0.5 for s in taken if s.error)
    assert load.failure() is None


def test_samples_say_what_was_asked_and_who_answered(users: Users, server: Server) -> None:
    load = users.start(server.url)
    server.wait_for(30)
    load.stop()
    taken = users.read()
    assert {s.name for s in taken} == {"look", "/buy"}
    assert {s.instance for s in taken} == {str(server.port)}
    assert {(s.lane, s.status, s.ok, s.error) for s in taken} == {("load", 200, True, "")}
    assert all(s.intended <= s.sent <= s.done for s in taken)
    assert len(taken) == len(server.requests)


@pytest.mark.parametrize(
    ("rule", "mark"),
    [
        ({"header": "X-Instance"}, "degraded"),
        ({"header": "x-instance", "value": "other"}, ""),
        ({"body": "fallback"}, "degraded"),
        ({"body": "full"}, ""),
        ({"header": "x-cache"}, ""),
    ],
)
def test_answers_of_a_fallback_are_marked(users: Users, server: Server, rule: object, mark: str) -> None:
    server.body = b'{"fallback": "popular", "full": false}'
    users.start(server.url, degraded=rule)
    server.wait_for(10)
    users.stop()
    assert {s.mark for s in users.read() if s.ok} == {mark}


def test_every_request_names_the_run(users: Users, server: Server) -> None:
    users.start(server.url, run="run-1")
    server.wait_for(5)
    users.stop()
    assert all(b"x-squall-run: run-1" in head.lower() for head in server.requests)


def test_who_comes_connects_anew_and_from_several_addresses(users: Users, server: Server) -> None:
    users.start(server.url)
    server.wait_for(40)
    users.stop()
    # One more was opened before the first arrival.
    assert server.connections == len(server.requests) + 1
    assert len(server.peers) >= 16
    assert (users.said["load.started"]["connections"], users.said["load.started"]["sources"]) == ("new", 16)


def test_what_one_task_asks_shares_a_connection(users: Users, server: Server) -> None:
    users.start(server.url, "flow")
    server.wait_for(40)
    users.stop()
    assert {s.name: s.ok for s in users.read()} == {"/login": True, "/ask": True}
    assert server.connections == server.seen["/login"] + 1


def test_kept_connections_are_shared_by_all(users: Users, server: Server) -> None:
    users.start(server.url, connections="kept", rate="20/s")
    server.wait_for(20)
    users.stop()
    assert server.connections < 10


def test_so_many_connections_are_taken_in_turn(users: Users, server: Server) -> None:
    users.start(server.url, connections=4, rate="20/s")
    server.wait_for(20)
    users.stop()
    assert users.said["load.started"]["connections"] == "4"
    assert 5 <= server.connections < 12


def test_a_bad_answer_and_none_are_told_apart(users: Users, server: Server) -> None:
    load = users.start(server.url)
    server.status = 503
    server.wait_for(10)
    server.hang_up = True
    server.wait_for(10)
    load.stop()
    errors = {(s.error, s.status, s.ok) for s in users.read()} - {("", 200, True)}
    assert errors == {("http 503", 503, False), ("closed", 0, False)}


def test_who_is_refused_is_logged(users: Users) -> None:
    with Server() as gone:
        url = gone.url
    load = users.start(url)
    reader = SampleReader(users.path)
    until(lambda: len(reader.read()) > 0)
    load.stop()
    assert {(s.error, s.ok, s.known) for s in users.read()} == {("refused", False, True)}


def test_arrivals_beyond_the_bound_are_dropped_and_logged(users: Users, server: Server) -> None:
    server.hold()
    # Nobody is answered: whoever waits makes room for the next one when she gives up.
    load = users.start(server.url, max_in_flight=5, timeout="500ms")
    server.wait_for(10)
    load.stop()
    taken = users.read()
    dropped = [s for s in taken if s.error == "dropped"]
    assert dropped
    assert all(math.isnan(s.sent) and not s.known for s in dropped)
    assert abs(len(taken) - (users.time("load.stopped", "end") - taken[0].intended) * 100) <= 2


def test_the_rate_can_change(users: Users, server: Server) -> None:
    load = users.start(server.url)
    server.wait_for(20)
    load.change(400)
    server.wait_for(80)
    load.stop()
    change, end = users.time("load.rate", "start"), users.time("load.stopped", "end")
    before = [s for s in users.read() if s.intended < change]
    after = [s for s in users.read() if s.intended >= change]
    assert abs(len(before) - (change - before[0].intended) * 100) <= 2
    assert abs(len(after) - (end - change) * 400) <= 2


def _as_said(users: Users, rate: float, *changes: RateChanged) -> Record:
    """Return what the judge would read: what the process said of its schedule, and its log."""
    said = {"rate": rate, **users.said["load.started"]}
    first = LoadStarted(0.0, "load", **said)  # type: ignore[arg-type]
    return replace(record(more=[first, *changes]), requests=columns.load(users.path))


def test_the_rate_changes_in_stages_from_when_it_is_told(users: Users, server: Server) -> None:
    stages = [Stage(0.4, 100, 300), Stage(0.0, 50, 50)]
    told: list[Mapping[str, object]] = []
    users.said = Heard(told)
    load = users.start(server.url)
    server.wait_for(20)
    load.begin_stages(stages)
    until(lambda: len(told) == 2)
    until(lambda: SYSTEM.now() > float(str(told[1]["start"])) + 0.5)
    load.stop()
    changes = [RateChanged(0.0, "load", **each) for each in told]  # type: ignore[arg-type]
    assert [Stage(each.over, each.rate, each.to or 0) for each in changes] == stages
    assert changes[1].start == pytest.approx(changes[0].start + 0.4)
    meant = planned(_as_said(users, 100, *changes), 0.0, users.time("load.stopped", "end"))
    assert [s.intended for s in users.read()] == meant.tolist()


def test_at_random_the_moments_are_those_of_the_seed(users: Users, server: Server) -> None:
    load = users.start(server.url, plan=LoadPlan("random"))
    server.wait_for(50)
    load.stop()
    meant = planned(_as_said(users, 100), 0.0, users.time("load.stopped", "end"))
    assert [s.intended for s in users.read()] == meant.tolist()
    assert len({round(float(each), 6) for each in np.diff(meant)}) > 10


def test_in_a_closed_loop_a_system_that_stalls_is_asked_no_more(users: Users, server: Server) -> None:
    load = users.start(server.url, plan=LoadPlan("closed", users=5, pause=0.05), timeout="10s")
    server.wait_for(20)
    server.hold()
    until(lambda: len(server._waiting) >= 5)
    server.release()
    server.wait_for(10)
    load.stop()
    assert users.said["load.started"]["pace"] == "closed"
    taken = users.read()
    under_way = [sum(other.sent <= s.sent < other.done for other in taken) for s in taken]
    assert max(under_way) == 5


def test_each_kind_of_users_has_its_share(users: Users, server: Server) -> None:
    load = users.start(server.url, "two", plan=LoadPlan(kinds={"users": 25, "More": 75}), rate="400/s")
    server.wait_for(300)
    load.stop()
    more = server.seen["/"] / len(server.requests)
    # Six standard errors of a share of 300.
    assert abs(more - 0.75) < 0.15


def test_without_shares_the_weights_of_the_classes_count(users: Users, server: Server) -> None:
    load = users.start(server.url, "two", rate="400/s")
    server.wait_for(300)
    load.stop()
    assert abs(server.seen["/"] / len(server.requests) - 0.5) < 0.18


def test_a_kind_that_there_is_not_is_refused(users: Users) -> None:
    with pytest.raises(Misuse, match=r'there are no users of the kind "Robot" \(known: Users, More\)'):
        users.start("http://127.0.0.1:9", "two", plan=LoadPlan(kinds={"Robot": 100}))


def test_what_follows_in_a_task_is_no_arrival(users: Users, server: Server) -> None:
    load = users.start(server.url, "flow")
    server.wait_for(40)
    load.stop()
    lanes = Counter((s.name, s.lane) for s in users.read())
    assert set(lanes) == {("/login", "load"), ("/ask", "then")}


def _lineless(error: str) -> str:
    return re.sub(r":\d+:", ":LINE:", error)


def test_odd_tasks_are_accounted_for(users: Users, server: Server) -> None:
    load = users.start(server.url, "strange")
    server.wait_for(80)
    load.stop()
    taken = users.read()
    outcomes = {s.name: (_lineless(s.error), s.ok) for s in taken}
    assert outcomes == {
        "/one": ("", True),
        "/two": ("", True),
        "/checked": ("wrong answer", False),
        "nothing": ('task failed: tests/load/users.py:LINE: raise KeyError("thing") (KeyError)', False),
        "/stumbles": ('task failed: tests/load/users.py:LINE: raise KeyError("thing") (KeyError)', False),
        "/within": ('task failed: tests/load/users.py:LINE: raise KeyError("thing") (KeyError)', False),
    }
    assert server.seen["/login"] == 1
    first, second = (next(s for s in taken if s.name == name) for name in ("/one", "/two"))
    assert first.intended < first.sent
    assert second.intended == second.sent >= first.done


def test_a_redirect_is_no_good_answer(users: Users, server: Server) -> None:
    server.status = 302
    users.start(server.url)
    server.wait_for(10)
    users.stop()
    assert {(s.error, s.status, s.ok) for s in users.read()} == {("http 302", 302, False)}


def test_a_redirect_is_followed_or_good_where_the_task_says_so(users: Users, server: Server) -> None:
    users.start(server.url, "following")
    server.wait_for(60)
    users.stop()
    assert {s.name: (s.error, s.status, s.ok) for s in users.read()} == {
        "stays": ("http 302", 302, False),
        "follows": ("", 200, True),
        "expects": ("http 302", 302, True),
    }


def test_not_modified_is_a_good_answer(users: Users, server: Server) -> None:
    server.status = 304
    users.start(server.url)
    server.wait_for(10)
    users.stop()
    assert {(s.error, s.ok) for s in users.read()} == {("", True)}


def test_a_body_that_does_not_end_whole_is_no_good_answer(users: Users, server: Server) -> None:
    server.short = True
    users.start(server.url)
    server.wait_for(10)
    users.stop()
    assert {s.ok for s in users.read()} == {False}


def test_what_the_locustfile_calls_good_keeps_what_it_was(users: Users, server: Server) -> None:
    load = users.start(server.url, "forgiving")
    server.wait_for(10)
    server.status = 503
    server.wait_for(10)
    server.hang_up = True
    server.wait_for(10)
    load.stop()
    errors = {(s.error, s.status, s.ok) for s in users.read()}
    assert errors == {("", 200, True), ("http 503", 503, True), ("closed", 0, True)}


def test_greenlets_that_a_task_starts_belong_to_its_user(users: Users, server: Server) -> None:
    users.start(server.url, "spawning")
    server.wait_for(60)
    users.stop()
    taken = users.read()
    assert {s.name: (_lineless(s.error), s.ok) for s in taken} == {
        "/own": ("", True),
        "/spawned": ("", True),
        "/forgotten": ("", True),
        "/before": ('task failed: tests/load/users.py:LINE: raise KeyError("thing") (KeyError)', False),
    }
    assert len(taken) == len(server.requests)


@pytest.mark.parametrize(
    ("users_of", "name", "status", "why"),
    [
        ("checking", "look", 200, 'task failed: tests/load/users.py:LINE: assert answer.text == "ok"'),
        ("mistyped", "look", 0, "task failed: tests/load/users.py:LINE: self.client.get(self.no_such_path)"),
    ],
)
def test_a_task_that_raises_is_a_bad_arrival_with_its_line(
    users: Users, server: Server, users_of: str, name: str, status: int, why: str
) -> None:
    server.body = b"never this"
    users.start(server.url, users_of)
    reader = SampleReader(users.path)
    taken: list[Sample] = []
    until(lambda: len(taken.__iadd__(reader.read())) > 10)
    users.stop()
    assert {(s.name, s.status, s.ok, s.known) for s in taken} == {(name, status, False, True)}
    assert all(_lineless(s.error).startswith(why) for s in taken)
    assert [s.intended for s in taken] == pytest.approx([taken[0].intended + n / 100 for n in range(len(taken))])


def test_who_thinks_before_she_asks_is_not_late(users: Users, server: Server) -> None:
    users.start(server.url, "thinking", timeout="2s")
    server.wait_for(20)
    users.stop()
    good = [s for s in users.read() if s.known]
    assert {(s.error, s.ok) for s in good} == {("", True)}
    # If thinking counted, each would be that late; a busy machine is late with some.
    assert min(s.lateness for s in good) < 2


def test_other_clients_are_counted_or_named(users: Users, server: Server) -> None:
    users.start(server.url, "others")
    server.wait_for(40)
    users.stop()
    outcomes = {s.name: (s.error, s.ok) for s in users.read()}
    silent = outcomes.pop("silent")
    assert outcomes == {"urllib": ("", True), "grpc": ("", True)}
    assert not silent[1]
    assert silent[0].startswith("task failed: silent made no request that squall sees")


@pytest.mark.parametrize(
    ("users_of", "reason"),
    [
        ("none", "has no users"),
        ("nested", "Nested: has a TaskSet, and an OpenLoopUser does one task"),
        ("raising", "cannot be imported: ValueError: not today"),
    ],
)
def test_a_locustfile_that_cannot_be_open_loop_is_refused(users: Users, users_of: str, reason: str) -> None:
    with pytest.raises(Misuse, match=reason) as refused:
        users.start("http://127.0.0.1:9", users_of)
    assert "\n" not in str(refused.value)


def test_a_missing_locustfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"there is no .*nobody\.py"):
        LoadProcess.start(_settings(locustfile="nobody.py"), "http://127.0.0.1:9", tmp_path / "x", lambda *_: None)


def test_samples_survive_the_death_of_the_process(users: Users, server: Server) -> None:
    load = users.start(server.url)
    reader = SampleReader(users.path)
    until(lambda: len(reader.read()) > 0)
    with ends(load.pid):
        os.kill(load.pid, signal.SIGKILL)
    until(lambda: not load.alive)
    assert "SIGKILL" in str(load.failure())
    assert users.read()


def test_the_process_ends_with_the_harness_and_logs_what_was_under_way(server: Server, tmp_path: Path) -> None:
    server.hold()
    path = tmp_path / "requests.sqb"
    settings = '{"locustfile": "tests/load/users.py", "rate": "100/s", "timeout": "20s"}'
    command = [sys.executable, "-c", PARENT, settings, server.url, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout
        load = int(parent.stdout.readline())
        server.wait_for(5)
        with ends(load):
            parent.kill()
    taken = columns.load(path)
    assert len(taken) >= 5
    assert {(s.error, s.known) for s in taken} == {("unfinished", False)}


def test_an_on_start_that_fails_is_told(users: Users) -> None:
    with pytest.raises(HarnessFailed, match="nobody lets me in"):
        users.start("http://127.0.0.1:9", "unwelcome")


def test_over_tls_the_certificate_is_verified(users: Users, tls: Tls) -> None:
    with Server(tls.server) as server:
        tls.trust()
        users.start(server.url)
        server.wait_for(10)
        users.stop()
    assert {s.error for s in users.read()} == {""}


def test_the_system_file_says_whose_certificates_count(users: Users, tls: Tls) -> None:
    with Server(tls.server) as server:
        users.start(server.url, tls=system.Tls(ca=tls.certificate))
        server.wait_for(10)
        users.stop()
    assert {s.error for s in users.read()} == {""}


def test_the_system_file_may_believe_anyone(users: Users, tls: Tls) -> None:
    with Server(tls.server) as server:
        users.start(server.url, tls=system.Tls(insecure=True))
        server.wait_for(10)
        users.stop()
    assert {s.error for s in users.read()} == {""}


def test_a_certificate_that_nobody_vouches_for_is_a_failure(users: Users, tls: Tls) -> None:
    with Server(tls.server) as server:
        users.start(server.url)
        reader = SampleReader(users.path)
        until(lambda: len(reader.read()) > 0)
        users.stop()
    assert {s.error for s in users.read()} == {"tls"}


def test_the_harness_never_imports_locust_or_gevent() -> None:
    program = "import sys, squall.load.process, squall.probes.process; print({'locust', 'gevent'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"


def test_settings_come_back_as_they_were_sent() -> None:
    settings = LoadSettings("http://h", 50.0, 2.0, 500, "/tmp/x", 7, connections="6")  # noqa: S108
    assert LoadSettings.read(settings.environment()) == settings
