"""Alerts that are silenced while a run goes on, in a real Alertmanager."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.claims.success_share import SuccessShare
from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.faults.cordon import Cordon
from squall.instances import ONE
from squall.platforms.alertmanager import SILENCES, AlertSilence, end_silence
from squall.record.event import Noted
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.system.alerts import Alertmanager
from squall.system.system import System, find_system
from squall.testing.platform import SimulatedPlatform, SimulatedTraffic, VirtualClock
from squall.verdict import Cause, Verdict
from tests import alertmanager
from tests.platforms.stores.servers import free_port

ROOT = Path(__file__).parents[2]
LABELS = {"namespace": "shop"}
RUN = "20261128T100000-shop"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with alertmanager.running(tmp_path_factory.mktemp("alertmanager")) as url:
        yield url


@pytest.fixture
def at(url: str) -> Alertmanager:
    return Alertmanager(url=url, labels=LABELS)


@pytest.fixture
def gone() -> Alertmanager:
    """Where none answers."""
    return Alertmanager(url=f"http://127.0.0.1:{free_port()}", labels=LABELS)


def undone(at: Alertmanager, run: str = RUN) -> str:
    (entry,) = AlertSilence(at).undo(run)
    return end_silence(entry.args)


def fire(url: str, **labels: str) -> None:
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    alert = {"labels": {"alertname": "TooManyErrors", **labels}, "endsAt": until}
    httpx.post(f"{url}/api/v2/alerts", json=[alert], trust_env=False).raise_for_status()


def state(url: str, namespace: str) -> str:
    found = httpx.get(f"{url}/api/v2/alerts", trust_env=False).json()
    (alert,) = [each for each in found if each["labels"].get("namespace") == namespace]
    return str(alert["status"]["state"])


def silences(url: str) -> list[Mapping[str, Any]]:
    return [each for each in httpx.get(url + SILENCES, trust_env=False).json() if each["status"]["state"] == "active"]


@pytest.mark.proof
def test_alerts_with_these_labels_call_nobody_until_the_run_is_over(at: Alertmanager) -> None:
    silence = AlertSilence(at)
    silence.check()
    fire(at.url, namespace="shop")
    fire(at.url, namespace="another")
    said = silence.begin(RUN, "a pod of api crashes", 60.0)
    assert 'alerts with namespace="shop" are silenced in' in said
    assert "for 60s at the most" in said
    (made,) = silences(at.url)
    assert (made["createdBy"], "a pod of api crashes, on purpose" in made["comment"]) == (f"squall/{RUN}", True)
    length = datetime.fromisoformat(made["endsAt"]) - datetime.fromisoformat(made["startsAt"])
    assert 59 <= length.total_seconds() <= 61
    assert (state(at.url, "shop"), state(at.url, "another")) == ("suppressed", "active")
    assert "has ended" in undone(at)
    assert state(at.url, "shop") == "active"
    assert undone(at) == "no alerts are silenced by this run"


@pytest.mark.proof
def test_silences_of_others_stay(at: Alertmanager) -> None:
    AlertSilence(at).begin("another-run", "a drill", 60.0)
    AlertSilence(at).begin(RUN, "a drill", 60.0)
    undone(at)
    (left,) = silences(at.url)
    assert left["createdBy"] == "squall/another-run"
    undone(at, "another-run")


@pytest.mark.proof
def test_what_a_person_ended_is_left(at: Alertmanager) -> None:
    AlertSilence(at).begin(RUN, "a drill", 60.0)
    (made,) = silences(at.url)
    httpx.delete(f"{at.url}/api/v2/silence/{made['id']}", trust_env=False).raise_for_status()
    assert undone(at) == "no alerts are silenced by this run"


def test_where_none_answers_nothing_is_begun_and_nothing_is_called_ended(gone: Alertmanager) -> None:
    with pytest.raises(Misuse, match="does not answer as one"):
        AlertSilence(gone).check()
    with pytest.raises(HarnessFailed, match="silencing alerts in"):
        AlertSilence(gone).begin(RUN, "a drill", 60.0)
    with pytest.raises(NotUndone, match="it ends by itself"):
        undone(gone)


class Another(BaseHTTPRequestHandler):
    """A server that is no Alertmanager; it tells what it was asked with."""

    asked: Mapping[str, str] = {}

    def do_GET(self) -> None:
        type(self).asked = dict(self.headers)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *_: object) -> None: ...


def test_a_token_is_sent_and_another_server_is_no_alertmanager(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Another) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        one = Alertmanager(url=f"http://127.0.0.1:{server.server_port}/", labels=LABELS, variable="SQUALL_TEST_TOKEN")
        with pytest.raises(Misuse, match="should be in the environment as SQUALL_TEST_TOKEN"):
            AlertSilence(one).check()
        monkeypatch.setenv("SQUALL_TEST_TOKEN", "not-a-secret")
        with pytest.raises(Misuse, match="does not answer as one: its answer cannot be read"):
            AlertSilence(one).check()
        server.shutdown()
    assert Another.asked["Authorization"] == "Bearer not-a-secret"
    (entry,) = AlertSilence(one).undo(RUN)
    assert "not-a-secret" not in str(entry)


class Run:
    """A run in virtual time, with a real silence."""

    def __init__(self, silence: AlertSilence, folder: Path, system: System) -> None:
        clock = VirtualClock()
        platform = SimulatedPlatform("rerank-api", clock)
        self.folder = RunFolder.create(folder, "silent")
        promise = Promise("half succeed", SuccessShare(50, 5))
        scenario = Scenario("silent", "f", system, Cordon("rerank-api", ONE, 5.0), [promise], rate=50, seed=1)
        surroundings = Surroundings(platform, SimulatedTraffic(platform, clock), clock, self.hear, silence=silence)
        self.experiment = Experiment(scenario, surroundings, self.folder)
        self.seen: list[int] = []
        self.url = ""

    def hear(self, text: str) -> None:
        if text.startswith("observing") and self.url:
            self.seen.append(len(silences(self.url)))

    def judged(self) -> Judgement:
        return self.experiment.run()


@pytest.fixture
def system() -> System:
    return find_system("quantum-rerank", ROOT)


@pytest.mark.proof
def test_a_run_is_silent_until_it_is_over(at: Alertmanager, system: System, tmp_path: Path) -> None:
    run = Run(AlertSilence(at), tmp_path, system)
    run.url = at.url
    assert run.judged().verdict is Verdict.HELD
    assert run.seen == [1]
    assert silences(at.url) == []
    assert not UndoLog(run.folder.undo).open_entries()
    notes = [event.text for event in run.folder.timeline() if isinstance(event, Noted)]
    assert any("are silenced in" in text for text in notes), notes


def test_a_run_without_one_that_it_should_tell_is_refused(gone: Alertmanager, system: System, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="does not answer as one"):
        Run(AlertSilence(gone), tmp_path, system).judged()


class Late(AlertSilence):
    """Looked at before its Alertmanager went."""

    def check(self) -> None: ...


def test_a_run_that_cannot_be_silent_harms_nobody(gone: Alertmanager, system: System, tmp_path: Path) -> None:
    run = Run(Late(gone), tmp_path, system)
    judgement = run.judged()
    (finding,) = judgement.findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.HARNESS_ERROR)
    assert "silencing alerts in" in finding.reason
    assert not any(event.kind.startswith("harm.") for event in run.folder.timeline())


def test_the_alertmanager_is_that_of_the_platform(tmp_path: Path) -> None:
    text = (ROOT / "scenarios" / "quantum_rerank" / "system.yaml").read_text()
    told = "    alertmanager: {url: 'http://127.0.0.1:9093', labels: {namespace: shop}}\n"
    file = tmp_path / "system.yaml"
    file.write_text(text.replace("  kind:\n", f"  kind:\n{told}", 1))
    system = System.read(file)
    assert system.platforms.alertmanager("kind") == Alertmanager(url="http://127.0.0.1:9093", labels=LABELS)
    assert system.platforms.alertmanager("local") is None
    file.write_text(text.replace("  kind:\n", f"  kind:\n{told.replace('shop', '')}", 1).replace("{namespace: }", "{}"))
    with pytest.raises(Misuse, match=r"alertmanager\.labels"):
        System.read(file)
