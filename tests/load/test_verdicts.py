"""What a run says where users, or their locustfile, could fool it: real load and prober against a real server."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from squall.claims.no_failure import NoFailure
from squall.claims.success_share import SuccessShare
from squall.clock import SYSTEM
from squall.faults.nothing import Nothing
from squall.load.workers import LoadWorkers
from squall.platforms.capability import Sink
from squall.record.arrivals import LoadPlan
from squall.record.event import Event, PhaseBegan
from squall.record.folder import Record, RunFolder
from squall.record.judgement import Judgement
from squall.report.summary import summarise
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.run.traffic import Generator
from squall.run.wiring import Processes
from squall.system.system import System
from squall.testing.platform import SimulatedPlatform, VirtualClock
from squall.verdict import Cause, Verdict
from tests.load.server import Server

# Real runs of half a minute each: on a busy machine they prove nothing, so they are of the proof.
pytestmark = [pytest.mark.slow, pytest.mark.proof]
ROOT = Path(__file__).parents[2]
OBJECTIVES = {"success": "90%", "latency": {"percentile": 50, "limit": "500ms"}}
PROMISES = (Promise("no request fails", NoFailure()), Promise("succeed", SuccessShare(99, 3)))
Change = Callable[[Server], None]


class _Clock(VirtualClock):
    """The machine's own."""

    def now(self) -> float:
        return SYSTEM.now()

    def sleep(self, seconds: float) -> None:
        SYSTEM.sleep(seconds)


class _Platform(SimulatedPlatform):
    """One server, which is there already."""

    def __init__(self, server: Server) -> None:
        super().__init__("api", _Clock())
        self._server = server

    def users_url(self) -> str:
        return self._server.url


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def _system() -> System:
    return System.model_validate({
        "name": "small",
        "objectives": OBJECTIVES,
        "steady": {"window": "2s", "hold": "1s", "patience": "4s"},
        "load": {"locustfile": "tests/load/users.py", "rate": "60/s", "timeout": "500ms"},
        "probe": {"path": "/healthz", "rate": "40/s", "timeout": "500ms"},
        "services": {"api": {}},
        "platforms": {},
    })  # fmt: skip


def _run(server: Server, folder: Path, change: Change = lambda server: None) -> tuple[Record, Judgement, str]:
    """Carry a run out in which the server changes when the harm would begin; return what is recorded and said."""
    made = RunFolder.create(folder, "fooled")

    def hear(event: Event) -> None:
        if isinstance(event, PhaseBegan) and event.name == "observe":
            change(server)

    made.listen(hear)
    scenario = Scenario("fooled", "feature", _system(), Nothing(3.0), PROMISES, rate=60, seed=1)
    judgement = Experiment(scenario, Surroundings(_Platform(server), Processes(ROOT)), made).run()
    record = made.load()
    return record, judgement, " ".join(summarise(record, judgement, made.path).split())


def _status(status: int) -> Change:
    return lambda server: setattr(server, "status", status)


def test_a_healthy_server_holds(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERS", "checking")
    _, judgement, text = _run(server, tmp_path)
    assert judgement.verdict is Verdict.HELD, text
    assert "connections: a new one for each user, from 16 addresses" in text


def test_users_who_are_led_to_a_page_that_says_sorry_are_not_served(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS", "checking")
    _, judgement, text = _run(server, tmp_path, _status(302))
    assert [finding.verdict for finding in judgement.findings] == [Verdict.BROKEN, Verdict.BROKEN], text


def test_a_request_of_a_greenlet_that_fails_is_seen(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS", "pair")
    _, judgement, text = _run(server, tmp_path, lambda server: server.bad_paths.add("/spawned"))
    assert [finding.verdict for finding in judgement.findings] == [Verdict.BROKEN, Verdict.BROKEN], text


def test_what_the_locustfile_calls_good_is_held_and_said(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS", "forgiving")
    server.bad_paths.add("/")  # the prober asks another one
    record, judgement, text = _run(server, tmp_path)
    assert judgement.verdict is Verdict.HELD, text
    assert f"{len(record.requests)} http 503: no good answers by the rule, called good by the locustfile" in text


def test_an_assertion_after_a_good_answer_breaks_the_promise_with_its_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS", "checking")
    _, judgement, text = _run(server, tmp_path, lambda server: setattr(server, "body", b"no"))
    assert [finding.verdict for finding in judgement.findings] == [Verdict.BROKEN, Verdict.BROKEN], text
    assert "arrivals failed in it: task failed: tests/load/users.py:" in text
    assert 'assert answer.text == "ok" (AssertionError)' in text


def test_a_typo_in_the_locustfile_is_named_as_the_cause(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS", "mistyped")
    _, judgement, text = _run(server, tmp_path)
    (finding, *_) = judgement.findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_STEADY), text
    assert "task failed: tests/load/users.py:" in finding.reason
    assert "self.client.get(self.no_such_path)" in finding.reason
    assert "arrivals failed in it" in text


def _shared(server: Server, folder: Path, *, dies: bool) -> tuple[Record, Judgement]:
    """Carry a run out whose load two workers send, the second of which may die in the observation."""
    made, processes = RunFolder.create(folder, "shared"), _Kept(ROOT)

    def hear(event: Event) -> None:
        if dies and isinstance(event, PhaseBegan) and event.name == "observe":
            os.kill(processes.pids[1], signal.SIGKILL)

    made.listen(hear)
    load = LoadPlan(workers=2, timeout=0.5)
    scenario = Scenario("shared", "feature", _system(), Nothing(3.0), PROMISES, rate=60, seed=1, load=load)
    judgement = Experiment(scenario, Surroundings(_Platform(server), processes), made).run()
    return made.load(), judgement


class _Kept(Processes):
    """Knows the numbers of the load's processes."""

    def load(self, scenario: Scenario, url: str, folder: RunFolder, sink: Sink) -> Generator:
        load = super().load(scenario, url, folder, sink)
        assert isinstance(load, LoadWorkers)
        self.pids = load.pids
        return load


def test_two_workers_hold_what_one_does(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERS", "checking")
    record, judgement = _shared(server, tmp_path, dies=False)
    assert judgement.verdict is Verdict.HELD, judgement
    assert {sample.lane for sample in record.requests} == {"load 1", "load 2"}


def test_a_worker_that_dies_makes_the_run_prove_nothing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS", "checking")
    _, judgement = _shared(server, tmp_path, dies=True)
    (finding, *_) = judgement.findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.HARNESS_ERROR), judgement
    assert finding.reason.startswith("load worker 2 of 2 was ended by SIGKILL")
