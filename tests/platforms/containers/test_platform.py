"""The platform with real containers: Docker, Compose, and a tiny service whose compose file was written for people."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from squall.agent.scope.docker_scope import RUN
from squall.errors import HarnessFailed, InjectionFailed, Misuse
from squall.instances import Instance
from squall.platforms.capability import Deletes, Foresees, Gauges, Host, Platform
from squall.platforms.containers.platform import ComposePlatform
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.record.event import RunVoided
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import System
from tests.platforms.docker_system import FOLDER, NOTHING, docker, there, tiny
from tests.platforms.machine_contract import DeployedHere, MachineContract
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.needs_docker, pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def deployed() -> Iterator[DeployedHere]:
    on = ComposePlatform(tiny())
    on.check()
    (planned,) = on.plan_deploy("run")
    found = DeployedHere(
        on, "idle", lambda: ComposePlatform(tiny()), ("api", "idle"), system=tiny(),
        folder=Path(planned.args["folder"]),
    )  # fmt: skip
    try:
        on.deploy((), lambda text: None)
        on.claim_run("run")
        on.start_agents([], "run")
        watching = on.watch(found.watched, found.events.append)
        yield found
        watching.stop()
    finally:
        on.close()
    assert there(f"com.docker.compose.project={planned.args['project']}") == NOTHING
    assert not found.folder.exists()
    assert [event for event in found.events if isinstance(event, RunVoided)] == []


def project(deployed: DeployedHere) -> str:
    return f"com.docker.compose.project={deployed.folder.name}"


def test_it_offers_what_it_can_do(deployed: DeployedHere) -> None:
    assert all(isinstance(deployed.on, capability) for capability in (Platform, Foresees, Gauges, Host))
    assert not isinstance(deployed.on, Deletes)


def test_all_that_it_makes_is_labelled_and_one_port_of_loopback_leads_to_it(deployed: DeployedHere) -> None:
    assert there(project(deployed)) == {"containers": 3, "networks": 1, "volumes": 1}
    assert there(f"{RUN}=run") == {"containers": 3, "networks": 1, "volumes": 1}
    found = json.loads(docker("inspect", *docker("ps", "-aq", "--filter", f"label={project(deployed)}").split()))
    bound = [binding for each in found for ports in each["HostConfig"]["PortBindings"].values() for binding in ports]
    assert bound == [{"HostIp": "127.0.0.1", "HostPort": deployed.on.users_url().rpartition(":")[2]}]
    assert not docker("volume", "ls", "-q", "--filter", "name=^precious$")


def test_users_are_served(deployed: DeployedHere) -> None:
    assert httpx.get(deployed.on.users_url()).headers["x-instance"] == "web"


def test_what_there_is(deployed: DeployedHere) -> None:
    names = {service: [each.name for each in deployed.on.instances(service)] for service in ("api", "idle")}
    assert names == {"api": ["web-1"], "idle": ["idle-1", "idle-2"]}
    assert [deployed.on.wanted(service) for service in names] == [1, 2]
    assert all(each.ready and each.owned and each.incarnation for each in deployed.on.instances("idle"))
    versions, tuning = deployed.on.facts()
    assert versions["compose"].startswith("2.")
    assert tuning["health check of web-1"] == "every 0.5s, 1 failures, timeout 2s"
    assert tuning["restart of idle-2"] == "unless-stopped"
    assert deployed.on.baseline() == deployed.on.baseline()
    assert deployed.on.baseline()["containers"] == "idle-1, idle-2, web-1"


def test_names_are_known_before() -> None:
    on = ComposePlatform(tiny())
    assert [each.name for each in on.foreseen("idle", ())] == ["idle-1", "idle-2"]
    assert [each.name for each in on.foreseen("idle", ("one idle",))] == ["idle-1"]
    with pytest.raises(Misuse, match=r'no weakness "none such" on compose \(known: broken, one idle\)'):
        on.foreseen("idle", ("none such",))
    assert not Path(on.plan_deploy("run")[0].args["folder"]).exists()


class TestCompose(MachineContract):
    """What it has in common with local."""


def test_a_container_of_others_is_not_harmed(deployed: DeployedHere, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its reaper is an image of a registry.
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    labels = {RUN: "another run"}
    with DockerContainer("squall/specimen:dev", command="sleep 120", network_mode="none", labels=labels) as container:
        stranger = container.get_wrapped_container()
        stranger.reload()
        incarnation = f"{stranger.id[:12]}/{stranger.attrs['State']['StartedAt']}"
        with pytest.raises(InjectionFailed, match="harming web-1: it does not run"):
            deployed.on.harm("Crash", [Instance("api", "web-1", incarnation, "localhost", ready=True)])
        stranger.reload()
        assert stranger.status == "running"


def test_a_container_that_is_removed_is_told_as_gone(deployed: DeployedHere) -> None:
    before = deployed.on.instances("idle")[1]
    docker("rm", "--force", before.incarnation.partition("/")[0])
    until(lambda: deployed.states(before)[-1:] == ["gone old"])
    assert [each.name for each in deployed.on.instances("idle")] == ["idle-1"]


def test_nothing_is_harmed_without_the_lease() -> None:
    on = ComposePlatform(tiny())
    with pytest.raises(InjectionFailed, match="does not hold its lease"):
        on.harm("Crash", [Instance("api", "web-1", "1/1", "localhost", ready=True)])
    with pytest.raises(HarnessFailed, match="tiny-compose is not deployed"):
        on.users_url()
    on.close()


def test_what_cannot_start_is_named_with_its_last_words_and_leaves_nothing() -> None:
    on = ComposePlatform(tiny())
    args = on.plan_deploy("broken")[0].args
    try:
        with pytest.raises(HarnessFailed, match=r"web-1 stays down: exited, ended with 1\ntiny: this cannot work"):
            on.deploy(["broken"], lambda text: None)
    finally:
        on.close()
    assert there(f"com.docker.compose.project={args['project']}") == NOTHING
    assert not Path(args["folder"]).exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services: {web: {image: x, command: [}}", "reading compose.yaml: "),
        ("services: {web: {image: x, nonsense: 1}}", "additional properties 'nonsense' not allowed"),
        ("services: {web: {image: x, network_mode: host}, idle: {image: x}}", "network_mode host reaches beyond"),
        ("services: {web: {image: x}}", 'idle: there is no service "idle" in the compose file (there: web)'),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    for name in ("system.yaml", "broken.yaml", "one-idle.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    with pytest.raises(Misuse) as raised:
        ComposePlatform(System.read(tmp_path / "system.yaml")).check()
    assert says in str(raised.value)
    assert str(raised.value).count("\n") == 0


def test_a_daemon_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    on = ComposePlatform(tiny())
    with pytest.raises(Misuse, match=r"the Docker daemon does not answer: .*none\.sock: No such file or directory"):
        on.check()
    with pytest.raises(Misuse, match="has no contexts"):
        ComposePlatform(tiny(), "desktop-linux")


def test_two_at_once() -> None:
    with ThreadPoolExecutor(2) as threads:
        served = list(threads.map(_served, ((), ("one idle",))))
    assert served[0][0] != served[1][0]
    assert [count for _, count in served] == [2, 1]


@pytest.mark.parametrize("moment", ["up", "while Compose works"])
def test_undo_removes_what_a_killed_harness_left(moment: str, tmp_path: Path) -> None:
    run = tmp_path / f"run-{time.time_ns()}"
    label = f"{RUN}={run.name}"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.platforms.compose_harness", str(run)], cwd=ROOT, stdout=subprocess.PIPE
    ) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"planned\n"
        folder = Path(UndoLog(run / "undo.jsonl").open_entries()[2].args["folder"])
        if moment == "up":
            assert harness.stdout.readline() == b"up\n"
        else:
            until(lambda: there(label)["containers"], 60)
        assert undo(run) == 0
        assert there(label) != NOTHING, "a living run is left alone"
        harness.send_signal(signal.SIGKILL)
    compose = InstanceFolder(folder).noted("compose")
    assert compose is not None
    until(lambda: not compose.lives())
    assert undo(run) == 0
    assert there(label) == NOTHING
    assert not folder.exists()
    assert not UndoLog(run / "undo.jsonl").open_entries()


def test_a_compose_that_outlived_its_harness_is_ended_before_anything_is_removed() -> None:
    on = ComposePlatform(tiny())
    (planned,) = on.plan_deploy("run")
    state = InstanceFolder(Path(planned.args["folder"]))
    state.make()
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        state.write_down("compose", sleeper.pid)
        perform(planned)
        assert sleeper.wait(5) == -signal.SIGKILL


def test_an_undo_may_be_called_twice_and_without_a_daemon_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = ComposePlatform(tiny())
    (planned,) = on.plan_deploy("run")
    assert "0 containers, 0 networks and 0 volumes removed" in perform(planned)
    assert "nothing with the labels" in perform(planned)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    (planned,) = ComposePlatform(tiny()).plan_deploy("run")
    with pytest.raises(Exception, match=r"ending the compose project .*: asking Docker .*No such file"):
        perform(planned)


def undo(run: Path) -> int:
    return subprocess.run([sys.executable, "-m", "squall", "undo", run], check=False).returncode


def _served(weaknesses: tuple[str, ...]) -> tuple[str, int]:
    on = ComposePlatform(tiny())
    try:
        on.deploy(weaknesses, lambda text: None)
        assert httpx.get(on.users_url()).status_code == 200
        return on.users_url(), len(on.instances("idle"))
    finally:
        on.close()
