"""Several load processes on one schedule: real processes, real server."""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from squall.clock import SYSTEM
from squall.errors import Misuse
from squall.load.settings import LoadSettings
from squall.load.workers import LoadWorkers, shared
from squall.measure.arrivals import planned
from squall.record import columns
from squall.record.arrivals import LoadPlan, Stage, lane_of
from squall.record.event import LoadStarted, RateChanged
from squall.record.folder import Record
from squall.system import system
from tests.load.server import Server
from tests.load.waiting import ends, until
from tests.records import record

ROOT = Path(__file__).parents[2]
COUNT = 3


class Workers:
    """Starts workers and keeps what is heard of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "requests.sqb"
        self.said: list[tuple[str, Mapping[str, object]]] = []
        self.running: LoadWorkers | None = None

    def start(self, url: str, plan: LoadPlan | None = None, **settings: object) -> LoadWorkers:
        given = {"locustfile": "tests/load/users.py", "rate": "150/s", "timeout": "1s", **settings}
        self.running = LoadWorkers.start(
            COUNT, system.UserLoad.model_validate(given), url, self.path, lambda *said: self.said.append(said), seed=7,
            rate=150.0, plan=plan or LoadPlan(), root=ROOT,
        )  # fmt: skip
        return self.running

    def heard(self, kind: str) -> Sequence[Mapping[str, object]]:
        return [what for said, what in self.said if said == kind]

    def read(self) -> Record:
        """Return what the judge would read."""
        events = [LoadStarted(0.0, "load", **what) for what in self.heard("load.started")]  # type: ignore[arg-type]
        changes = [RateChanged(0.0, "load", **what) for what in self.heard("load.rate")]  # type: ignore[arg-type]
        return replace(record(more=[*events, *changes]), requests=columns.load(self.path))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    made = Workers(tmp_path)
    yield made
    if made.running:
        made.running.stop()


@pytest.mark.slow
@pytest.mark.parametrize("pace", ["even", "random"])
def test_together_they_keep_the_schedule_of_one(workers: Workers, server: Server, pace: str) -> None:
    running = workers.start(server.url, LoadPlan("random") if pace == "random" else None)
    server.wait_for(60)
    running.begin_stages([Stage(0.5, 150, 300), Stage(0.0, 60, 60)])
    until(lambda: len(workers.heard("load.rate")) == 2)
    until(lambda: SYSTEM.now() > float(str(workers.heard("load.rate")[1]["start"])) + 0.5)
    running.stop()
    found = workers.read()
    (stopped,) = workers.heard("load.stopped")
    end = float(str(stopped["end"]))
    assert len(workers.heard("load.started")) == 1
    assert [s.intended for s in found.requests if s.intended < end] == planned(found, 0.0, end).tolist()
    lanes = Counter(sample.lane for sample in found.requests)
    assert set(lanes) == {lane_of(number, COUNT) for number in range(COUNT)}
    assert max(lanes.values()) - min(lanes.values()) <= 3
    assert not found.requests.failed.any()


@pytest.mark.slow
def test_one_that_dies_is_named(workers: Workers, server: Server) -> None:
    running = workers.start(server.url)
    server.wait_for(30)
    assert running.failure() is None
    with ends(running.pids[1]):
        os.kill(running.pids[1], signal.SIGKILL)
    until(lambda: running.failure() is not None)
    assert str(running.failure()).startswith("load worker 2 of 3 was ended by SIGKILL")
    running.stop()
    lanes = {s.lane for s in columns.load(workers.path)}
    assert {lane_of(0, COUNT), lane_of(2, COUNT)} <= lanes


@pytest.mark.slow
def test_what_cannot_be_started_is_refused_by_all(workers: Workers) -> None:
    with pytest.raises(Misuse, match="no users of the kind"):
        workers.start("http://127.0.0.1:9", LoadPlan(kinds={"Robot": 100}))


def _settings(**given: object) -> LoadSettings:
    return replace(LoadSettings("http://h", 50.0, 2.0, 500, "log", 7), **given)  # type: ignore[arg-type]


def test_they_share_what_there_is() -> None:
    each = shared(_settings(connections="7", users=10), 3)
    assert [one.connections for one in each] == ["3", "2", "2"]
    assert [one.users for one in each] == [4, 3, 3]
    assert sum(one.max_in_flight for one in each) == 500
    assert len({one.own_seed for one in each}) == len({one.lane for one in each}) == 3


@pytest.mark.parametrize("scarce", [{"connections": "2"}, {"users": 2}])
def test_no_more_of_them_than_there_is_to_share(scarce: Mapping[str, object]) -> None:
    with pytest.raises(Misuse, match="3 workers share 2"):
        shared(_settings(**scarce), 3)
