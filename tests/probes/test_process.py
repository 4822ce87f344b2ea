"""The prober, real, against a real server. What is checked are records, never how fast they came about."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from squall.errors import Misuse
from squall.probes.prober import ProberSettings
from squall.probes.process import ProberProcess
from squall.record import columns
from squall.record.samples import Sample, SampleReader
from squall.system import system
from tests.load.server import Server
from tests.load.tls import Tls, made
from tests.load.waiting import ends, until

PARENT = """
import sys
from pathlib import Path
from squall.system import system
from squall.probes.process import ProberProcess
probe = system.Probe.model_validate({"path": "/", "timeout": "20s"})
print(ProberProcess.start(probe, sys.argv[1], Path(sys.argv[2]), lambda *_: None).pid, flush=True)
sys.stdin.read()
"""


class Probes:
    """Starts the prober and keeps what it says."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "probes.sqb"
        self.said: dict[str, Mapping[str, object]] = {}
        self._prober: ProberProcess | None = None

    def start(self, url: str, **settings: object) -> ProberProcess:
        probe = system.Probe.model_validate({"path": "/p?a=1", "rate": "50/s", "timeout": "500ms", **settings})
        self._prober = ProberProcess.start(probe, url, self.path, self.said.__setitem__)
        return self._prober

    def read(self) -> list[Sample]:
        return list(columns.load(self.path))

    def time(self, kind: str, key: str) -> float:
        return float(str(self.said[kind][key]))

    def stop(self) -> None:
        if self._prober:
            self._prober.stop()


@pytest.fixture
def probes(tmp_path: Path) -> Iterator[Probes]:
    started = Probes(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tls:
    return made(tmp_path, monkeypatch)


@pytest.mark.slow
def test_probes_leave_on_schedule_while_nothing_answers(probes: Probes, server: Server) -> None:
    prober = probes.start(server.url)
    server.wait_for(10)
    server.hold()
    server.wait_for(100)  # twice the timeout
    prober.stop()
    taken = probes.read()
    start, end = probes.time("prober.started", "start"), probes.time("prober.stopped", "end")
    assert [s.intended for s in taken] == pytest.approx([start + number / 100 for number in range(len(taken))])
    assert [s.lane for s in taken[:4]] == ["new", "reused", "new", "reused"]
    assert abs(len(taken) - (end - start) * 100) <= 2
    assert {s.error for s in taken} == {"", "timeout"}
    assert all(s.latency >= 0.5 for s in taken if s.error)
    assert probes.said["prober.started"]["rate"] == 50
    assert probes.time("prober.stopped", "lateness_p99") >= 0
    assert prober.failure() is None


def test_samples_say_who_answered_over_which_lane(probes: Probes, server: Server) -> None:
    prober = probes.start(server.url, connections=3)
    server.wait_for(20)
    server.status = 404
    server.wait_for(20)
    prober.stop()
    taken = probes.read()
    assert {(s.name, s.instance) for s in taken} == {("probe", str(server.port))}
    assert {(s.lane, s.status, s.error) for s in taken} == {
        ("new", 200, ""), ("reused", 200, ""), ("new", 404, "http 404"), ("reused", 404, "http 404"),
    }  # fmt: skip
    new = sum(s.lane == "new" for s in taken)
    assert server.connections == new + 3
    assert set(server.seen) == {"/p?a=1"}


def test_over_tls_the_certificate_is_verified(probes: Probes, tls: Tls) -> None:
    with Server(tls.server) as server:
        prober = probes.start(server.url)
        reader = SampleReader(probes.path)
        until(lambda: len(reader.read()) > 0)
        prober.stop()
        assert {s.error for s in probes.read()} == {"tls"}
        probes.path.unlink()
        tls.trust()
        prober = probes.start(server.url)
        server.wait_for(10)
        prober.stop()
    assert {s.error for s in probes.read()} == {""}


def test_who_is_refused_is_logged(probes: Probes) -> None:
    with Server() as gone:
        url = gone.url
    prober = probes.start(url)
    reader = SampleReader(probes.path)
    until(lambda: len(reader.read()) > 0)
    prober.stop()
    assert {(s.error, s.lane) for s in probes.read()} == {("refused", "new"), ("refused", "reused")}


def test_a_name_that_does_not_exist_is_refused(probes: Probes) -> None:
    with pytest.raises(Misuse, match="cannot be resolved"):
        probes.start("http://nowhere.invalid")


def test_samples_survive_the_death_of_the_process(probes: Probes, server: Server) -> None:
    prober = probes.start(server.url)
    reader = SampleReader(probes.path)
    until(lambda: len(reader.read()) > 0)
    with ends(prober.pid):
        os.kill(prober.pid, signal.SIGKILL)
    until(lambda: not prober.alive)
    assert "SIGKILL" in str(prober.failure())
    assert probes.read()


def test_the_process_ends_with_the_harness_and_logs_what_was_under_way(server: Server, tmp_path: Path) -> None:
    server.hold()
    path = tmp_path / "probes.sqb"
    command = [sys.executable, "-c", PARENT, server.url, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        prober = int(parent.stdout.readline())
        server.wait_for(5)
        with ends(prober):
            parent.kill()
    taken = columns.load(path)
    assert len(taken) >= 5
    assert {(s.error, s.known) for s in taken} == {("unfinished", False)}


def test_settings_come_back_as_they_were_sent() -> None:
    settings = ProberSettings("http://h/p", 50.0, 1.0, 6, "/tmp/x")  # noqa: S108
    assert ProberSettings.read(settings.environment()) == settings
