"""The platform with real processes: supervisord, Envoy, PostgreSQL, Valkey, and a tiny service."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from squall.errors import HarnessFailed, InjectionFailed, Misuse
from squall.instances import Instance
from squall.platforms.capability import Deletes, Gauges, Host, Platform
from squall.platforms.processes import running, wheels
from squall.platforms.processes.platform import LocalPlatform
from squall.platforms.processes.supervisord import Supervisord
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.record.event import EndpointChanged
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import System
from tests.platforms.machine_contract import DeployedHere, MachineContract
from tests.platforms.tiny_system import alive, noted, signalled, tiny, until, voided

pytestmark = pytest.mark.slow

SERVICES = ("api", "front", "documents", "cache")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def deployed() -> Iterator[DeployedHere]:
    on = LocalPlatform(tiny())
    on.check()
    (planned,) = on.plan_deploy("run")
    found = DeployedHere(
        on, "cache", lambda: LocalPlatform(tiny()), SERVICES, system=tiny(), folder=Path(planned.args["folder"])
    )
    try:
        on.deploy((), lambda text: None)
        on.claim_run("run")
        on.start_agents([], "run")
        watching = on.watch(found.watched, found.events.append)
        yield found
        watching.stop()
        watchdog = noted(found.folder, "watchdog")
    finally:
        on.close()
    assert alive(watchdog) == []
    assert not found.folder.exists()
    assert voided(found.events) == []


def test_it_offers_what_it_can_do(deployed: DeployedHere) -> None:
    assert all(isinstance(deployed.on, capability) for capability in (Platform, Gauges, Host, Deletes))


def test_users_are_served_by_every_instance(deployed: DeployedHere) -> None:
    with httpx.Client(base_url=deployed.on.users_url()) as users:
        answers = [users.get("/") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["x-instance"] for answer in answers} == {"api-0", "api-1"}


def test_what_there_is(deployed: DeployedHere) -> None:
    counts = {service: (deployed.on.wanted(service), len(deployed.on.instances(service))) for service in SERVICES}
    assert counts == {"api": (2, 2), "front": (1, 1), "documents": (1, 1), "cache": (1, 1)}
    assert all(each.ready and each.owned for service in SERVICES for each in deployed.on.instances(service))
    versions, tuning = deployed.on.facts()
    assert {"python", "supervisor", "envoy", "postgres", "valkey"} <= versions.keys()
    assert versions["envoy"].startswith("1.")
    assert tuning["readiness of api"] == "/ready every 0.25s, 2 failures, timeout 1s"
    assert deployed.on.baseline() == deployed.on.baseline()


def test_each_process_shows_its_own_gauges_and_envoy_those_of_its_admin_socket(deployed: DeployedHere) -> None:
    services = tiny().services
    api, front = services["api"].gauges, services["front"].gauges
    pages = [deployed.on.metrics(each, "/metrics", 1.0) for each in deployed.on.instances("api")]
    assert [api["number"].value(page) for page in pages] == [10, 11]
    healthy = front["healthy backends"]
    assert healthy.value(deployed.on.metrics(deployed.one("front"), healthy.path, 1.0)) == 2


def test_a_frozen_process_is_given_up_in_time(deployed: DeployedHere) -> None:
    frozen = deployed.one("api")
    pid = int(frozen.incarnation.partition("/")[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(HarnessFailed, match="timed out"):
            deployed.on.metrics(frozen, "/metrics", 0.2)
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: deployed.one("api").ready)


class TestLocal(MachineContract):
    """What it has in common with compose."""


def test_a_deleted_instance_is_withdrawn_goes_and_is_replaced(deployed: DeployedHere) -> None:
    on, before = deployed.on, deployed.on.instances("api")[1]
    assert isinstance(on, Deletes)
    (proof,) = on.delete([before], 10.0)
    assert proof.proven, proof.how
    until(lambda: "ready new" in deployed.states(before))
    assert deployed.states(before)[-3:] == ["gone old", "unready new", "ready new"]
    withdrawn = [e.t for e in deployed.events if isinstance(e, EndpointChanged) and e.name == "api-1" and not e.ready]
    assert withdrawn
    assert withdrawn[-1] > proof.onset.low


def test_the_undo_of_a_deletion_starts_what_a_dead_harness_left_stopped(deployed: DeployedHere) -> None:
    on, before = deployed.on, deployed.one("api")
    assert isinstance(on, Deletes)
    (undo,) = on.plan_delete([before])
    supervisord = Supervisord(InstanceFolder(Path(str(undo.args["folder"]))).socket)
    # As the harness does first; it does not come to the rest.
    supervisord.stop(before.name)
    assert perform(undo) == f"{before.name} was started again"
    until(lambda: deployed.one("api").ready and deployed.one("api").incarnation != before.incarnation)
    after = deployed.one("api").incarnation
    assert perform(undo) == f"{before.name} had been started again"
    assert deployed.one("api").incarnation == after
    supervisord.close()


def test_one_that_does_not_go_in_time_is_not_proven(deployed: DeployedHere) -> None:
    on, before = deployed.on, deployed.one("api")
    assert isinstance(on, Deletes)
    (proof,) = on.delete([before], 0.01)
    assert not proof.proven
    assert "still there" in proof.how
    until(lambda: deployed.one("api").ready and deployed.one("api").incarnation != before.incarnation)


def test_nothing_is_harmed_without_the_lease() -> None:
    on = LocalPlatform(tiny())
    target = Instance("api", "api-0", "1/1", "localhost", ready=True)
    with pytest.raises(InjectionFailed, match="does not hold its lease"):
        on.harm("Crash", [target])
    with pytest.raises(InjectionFailed, match="does not hold its lease"):
        on.delete([target], 1.0)
    with pytest.raises(HarnessFailed, match="tiny is not deployed"):
        on.users_url()
    on.close()


def test_a_missing_wheel_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "find_spec", lambda package: None)
    with pytest.raises(Misuse, match=r"needs the wheel supervisor, .*: pip install 'squall\[local\]'"):
        LocalPlatform(tiny()).check()


def test_there_are_no_contexts() -> None:
    with pytest.raises(Misuse, match="has no contexts"):
        LocalPlatform(tiny(), "kind-squall")


def test_two_at_once_with_a_weakness_each() -> None:
    with ThreadPoolExecutor(2) as threads:
        served = list(threads.map(_served, ("one replica", "no readiness probe")))
    assert served[0][0] != served[1][0]
    assert [count for _, count in served] == [1, 2]


def test_what_cannot_start_is_named_with_its_last_words_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HOPELESS_AFTER", 1.0)
    on = LocalPlatform(tiny())
    folder = Path(on.plan_deploy("run")[0].args["folder"])
    try:
        with pytest.raises(HarnessFailed, match=r"api-\d ends as soon as it is started:\ntiny: this cannot work"):
            on.deploy(["broken"], lambda text: None)
    finally:
        on.close()
    assert not folder.exists()


def test_quantum_rerank_comes_up_with_all_that_it_needs() -> None:
    pytest.importorskip("uvicorn", reason="the specimen is not installed here")
    on = LocalPlatform(System.read(ROOT / "scenarios/quantum_rerank/system.yaml"))
    try:
        on.deploy((), lambda text: None)
        answer = httpx.get(on.users_url() + "/v1/similarity?a=1&b=2")
        assert (answer.status_code, len(on.instances("rerank-api"))) == (200, 3)
    finally:
        on.close()


@pytest.mark.parametrize(
    "killed",
    [
        ("harness",),
        pytest.param(("harness", "watchdog"), marks=pytest.mark.proof),
        ("harness", "watchdog", "supervisord"),
    ],
)
def test_undo_ends_what_a_killed_harness_left(killed: tuple[str, ...], tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tests.platforms.local_harness", str(run)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"up\n"
        folder = Path(UndoLog(run / "undo.jsonl").open_entries()[1].args["folder"])
        watchdog, supervisord = noted(folder, "watchdog"), noted(folder, "supervisord")
        assert len(alive(watchdog)) >= 6
        assert undo(run) == 0
        assert watchdog.lives(), "a living run is left alone"
        also = [known for role, known in (("watchdog", watchdog), ("supervisord", supervisord)) if role in killed]
        # Frozen before the harness dies: the watchdog, that ends by itself then, could be quicker than this test.
        for known in also:
            signalled(known, signal.SIGSTOP)
        harness.send_signal(signal.SIGKILL)
        for known in also:
            signalled(known, signal.SIGKILL)
    if killed == ("harness",):
        until(lambda: not watchdog.lives() and alive(watchdog) == [])
    assert undo(run) == 0
    assert alive(watchdog) == []
    assert not folder.exists()
    assert not UndoLog(run / "undo.jsonl").open_entries()


def undo(run: Path) -> int:
    return subprocess.run([sys.executable, "-m", "squall", "undo", run], check=False).returncode


def _served(weakness: str) -> tuple[str, int]:
    on = LocalPlatform(tiny())
    try:
        on.deploy([weakness], lambda text: None)
        assert httpx.get(on.users_url()).status_code == 200
        return on.users_url(), len(on.instances("api"))
    finally:
        on.close()
