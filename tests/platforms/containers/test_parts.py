"""The parts of the platform compose that ask nobody: the overlay, a container's sight, events, facts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from squall.agent.harms.contract import Means
from squall.errors import Misuse
from squall.platforms.containers import program
from squall.platforms.containers.deployment import store_endpoints
from squall.platforms.containers.deployment_harms import permitted
from squall.platforms.containers.engine import daemon_socket
from squall.platforms.containers.events import changes, first
from squall.platforms.containers.facts import baseline, tuning
from squall.platforms.containers.overlay import overlay, ports, problems, wanted
from squall.platforms.containers.project import NUMBER, SERVICE, Project
from squall.platforms.containers.status import ContainerStatus, exited_for_good, instance, status_of
from squall.platforms.stores.endpoint import Loopback
from squall.record.event import EndpointChanged, InstancesListed
from squall.system.compose import Compose
from squall.system.stores import ContainerStore

PROJECT = Project("squall-compose-1", "the run")
USERS: dict[str, Any] = {"file": "compose.yaml", "users": {"service": "front", "port": 8000}}
SECTION = Compose.model_validate({**USERS, "services": {"front": {"service": "api"}}})
WITH_STORE = Compose.model_validate(
    {
        **USERS,
        "services": {"front": {"service": "api"}, "database": {"service": "db"}},
        "stores": {"database": {"kind": "postgres", "login": {"user": "postgres", "variable": "ADMIN"}}},
    }
)
CONFIG: dict[str, Any] = {
    "services": {"api": {"ports": [{"published": "8000", "target": 8000}]}, "db": {"container_name": "the-db"}},
    "networks": {"default": {"name": "squall-compose-1_default"}},
    "volumes": {"data": {"name": "precious"}},
}
BEGAN = "2026-11-21T10:59:51.761976816Z"


def container(policy: str = "no", health: str | None = None, restarts: int = 0, **state: Any) -> dict[str, Any]:
    """Return a running container as the daemon shows it."""
    found = {"Running": True, "Restarting": False, "Paused": False, "Pid": 41, "StartedAt": BEGAN, "ExitCode": 0}
    found |= {"Status": "running", **state}
    if health is not None:
        found["Health"] = {"Status": health, "Log": [{"ExitCode": 1, "Output": "well\nit is not up\n"}]}
    return {
        "Id": "ab" * 32,
        "Image": "sha256:1",
        "RestartCount": restarts,
        "State": found,
        "Config": {"Labels": {SERVICE: "api", NUMBER: "1"}, "Healthcheck": {"Test": ["CMD", "x"], "Interval": 10**9}},
        "HostConfig": {
            "RestartPolicy": {"Name": policy, "MaximumRetryCount": 5 if policy == "on-failure" else 0},
            "Memory": 0, "NanoCpus": 0, "PidsLimit": None,
        },
        "NetworkSettings": {"Networks": {"b": {}, "a": {}}},
    }  # fmt: skip


class Tagged(yaml.SafeLoader):
    """Reads what Compose's own tags say of a key."""


Tagged.add_constructor("!reset", lambda _loader, _node: "taken back")
Tagged.add_constructor("!override", lambda loader, node: {"instead": loader.construct_sequence(node)})  # type: ignore[arg-type]


def test_the_overlay_labels_all_takes_back_what_is_published_and_names_what_is_the_runs() -> None:
    said = yaml.load(overlay(CONFIG, SECTION, PROJECT, [20001]), Tagged)  # noqa: S506 - a safe loader with two tags more
    labels = {"squall.dev/run": "the run"}
    assert said == {
        "services": {
            "api": {
                "labels": labels,
                "container_name": "taken back",
                "ports": {"instead": ["127.0.0.1:20001:8000"]},
            },
            "db": {"labels": labels, "container_name": "taken back", "ports": "taken back"},
        },
        "networks": {"default": {"name": "squall-compose-1_default", "labels": labels}},
        "volumes": {"data": {"name": "squall-compose-1_data", "labels": labels}},
    }


def test_a_port_of_its_own_leads_to_each_store() -> None:
    said = yaml.load(overlay(CONFIG, WITH_STORE, PROJECT, [20001, 20002]), Tagged)  # noqa: S506 - see above
    ports = {name: service["ports"]["instead"] for name, service in said["services"].items()}
    assert ports == {"api": ["127.0.0.1:20001:8000"], "db": ["127.0.0.1:20002:5432"]}
    (endpoint,) = store_endpoints(WITH_STORE, [20002], Path("/state"))
    assert endpoint.place == Loopback(port=20002, folder="/state")
    assert (endpoint.service, endpoint.login.variable, endpoint.disposable) == ("database", "ADMIN", False)


def test_where_a_service_answers_is_what_both_files_say() -> None:
    config = {"services": {"api": {"ports": [{"target": 9000}, {"target": 53, "protocol": "udp"}], "expose": ["70"]}}}
    assert ports(config, SECTION, "front") == [70, 8000, 9000]
    assert ports(CONFIG | {"services": {}}, WITH_STORE, "database") == [5432]


def test_a_container_has_no_secret_of_a_cluster() -> None:
    store = {"kind": "postgres", "login": {"user": "postgres", "secret": "admin"}}
    with pytest.raises(ValidationError, match="a secret is in a cluster: name a variable of squall's environment"):
        ContainerStore.model_validate(store)
    services = {"front": {"service": "api"}}
    strange = Compose.model_validate({**USERS, "services": services, "stores": {"cache": {"kind": "valkey"}}})
    assert list(strange.problems()) == [(("stores", "cache"), "is none of the services")]


def test_compose_finds_no_variable_in_a_runs_name() -> None:
    assert '"a$$b"' in overlay(CONFIG, SECTION, Project("p", "a$b"), [1])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"services": {"db": {}}}, 'front: there is no service "api" in the compose file (there: db)'),
        ({"services": {"api": {"network_mode": "host"}}}, "service api: network_mode host reaches beyond"),
        ({"volumes": {"data": {"external": True}}}, "volumes.data: it is external"),
        ({"networks": {"others": {"external": True}}}, "networks.others: it is external"),
        ({"services": {"api": {"deploy": {"replicas": 2}}}}, "service api: users reach one container, not 2"),
    ],
)
def test_what_no_project_of_the_runs_own_can_be_made_of(change: dict[str, Any], says: str) -> None:
    assert list(problems(CONFIG, SECTION)) == []
    (found,) = problems(CONFIG | change, SECTION)
    assert says in found


def test_how_many_are_wanted() -> None:
    services = {
        "one": {},
        "scaled": {"scale": 3},
        "both": {"scale": 4, "deploy": {"replicas": 4}},
        "none": {"scale": 0},
    }
    assert [wanted({"services": services}, name) for name in services] == [1, 3, 4, 0]


@pytest.mark.parametrize(
    ("found", "ready", "why"),
    [
        (container(), True, ""),
        (container(health="healthy"), True, ""),
        (container(health="starting"), False, "health check: starting (it is not up)"),
        (container(health="unhealthy"), False, "health check: unhealthy (it is not up)"),
        (container(Paused=True, Status="paused"), False, "paused"),
        (container(Restarting=True, Pid=0, ExitCode=137, Status="restarting"), False, "restarting, ended with 137"),
        (container(Running=False, Pid=0, ExitCode=1, Status="exited"), False, "exited, ended with 1"),
        (container(Running=False, Pid=0, OOMKilled=True, Status="exited"), False, "exited, ran out of memory"),
        (container(Running=False, Pid=0, Status="created"), False, "created"),
    ],
)
def test_a_container_is_ready_when_it_runs_and_its_check_says_so(found: dict[str, Any], ready: bool, why: str) -> None:
    at = status_of(found)
    assert (at.name, at.ready, at.why) == ("api-1", ready, why)
    assert at.incarnation == (f"abababababab/{BEGAN}" if found["State"]["Pid"] else "")


def test_an_instance_knows_its_policy_and_its_last_restart() -> None:
    now = datetime(2026, 11, 21, 11, 0, 1, 761976, UTC)
    fresh, back = instance("front", container(), now), instance("front", container("always", restarts=1), now)
    assert (fresh.owned, fresh.restarted, back.owned, back.restarted) == (False, None, True, 10.0)
    assert instance("front", container(Restarting=True, Pid=0), now).backing_off


@pytest.mark.parametrize(
    ("policy", "code", "for_good"),
    [("no", 0, True), ("no", 1, True), ("on-failure", 0, True), ("on-failure", 1, False), ("always", 1, False)],
)
def test_what_nothing_starts_again(policy: str, code: int, for_good: bool) -> None:
    assert exited_for_good(container(policy, Running=False, Pid=0, Status="exited", ExitCode=code)) is for_good
    assert not exited_for_good(container(policy))


def now_seen(incarnation: str, *, ready: bool = True) -> ContainerStatus:
    return ContainerStatus("api-1", "ab" * 32, incarnation, ready, "" if ready else "because")


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (now_seen("old"), now_seen("old"), []),
        (now_seen("old"), now_seen("old", ready=False), ["unready old"]),
        (now_seen("old"), now_seen("", ready=False), ["endpoint off", "gone old"]),
        (now_seen("", ready=False), now_seen("new", ready=False), ["endpoint on", "unready new"]),
        (now_seen("old"), now_seen("new"), ["endpoint off", "gone old", "endpoint on", "ready new"]),
        (now_seen("old"), None, ["endpoint off", "gone old"]),
        (None, now_seen("new"), ["endpoint on", "ready new"]),
        (None, now_seen("", ready=False), []),
    ],
)
def test_what_changed_is_told_the_old_before_the_new(
    before: ContainerStatus | None, now: ContainerStatus | None, told: list[str]
) -> None:
    events = [
        f"endpoint {'on' if event.ready else 'off'}"
        if isinstance(event, EndpointChanged)
        else f"{event.state} {event.incarnation}"
        for event in changes(1.0, "front", before, now)
    ]
    assert events == told


def test_the_first_state_lists_those_that_run() -> None:
    listed, endpoint = first(1.0, "front", [now_seen("here"), now_seen("", ready=False)])
    assert isinstance(listed, InstancesListed)
    assert [one.incarnation for one in listed.instances] == ["here"]
    assert endpoint == EndpointChanged(1.0, "front", "api-1", ready=True)


def test_what_is_tuned_and_what_a_run_must_leave() -> None:
    found = container("on-failure")
    assert tuning([found]) == {
        "restart of api-1": "on-failure, at most 5 times",
        "health check of api-1": "every 1s, 3 failures, timeout 30s",
    }
    fields = baseline([found])
    assert fields["networks of api-1"] == "a, b"
    # How it is, is what scenarios are about.
    assert baseline([container("on-failure", Running=False, Status="exited")]) == fields


def test_another_machines_daemon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    with pytest.raises(Misuse, match=r"DOCKER_HOST is tcp://10\.0\.0\.1:2375: .* this machine's own daemon"):
        daemon_socket()
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/user/1000/docker.sock")
    assert daemon_socket() == Path("/run/user/1000/docker.sock")
    monkeypatch.delenv("DOCKER_HOST")
    assert daemon_socket() == Path("/var/run/docker.sock")


@pytest.mark.parametrize(
    ("effective", "may"),
    [("000001ffffffffff", frozenset(Means)), ("0000000000000020", {Means.SIGNALS}), ("0", frozenset())],
    ids=["root", "signals alone", "nothing"],
)
def test_harms_to_others_need_capabilities(effective: str, may: frozenset[Means], tmp_path: Path) -> None:
    (tmp_path / "status").write_text(f"Name:\tx\nCapEff:\t{effective}\n")
    assert permitted(tmp_path / "status") == may


def played(folder: Path, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "docker-compose").write_text(f"#!/bin/sh\necho '{version}'\n")
    (folder / "docker-compose").chmod(0o755)


def test_compose_is_found_where_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OURS", tmp_path / "ours")
    monkeypatch.setattr(program, "PLUGINS", (tmp_path / "plugins",))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    with pytest.raises(Misuse, match=r"no Docker Compose of 2\.24\.4 or newer .*none found.*cluster compose"):
        program.found()
    played(tmp_path / "ours", "1.29.2")
    played(tmp_path / "plugins", "v2.24.3")
    with pytest.raises(Misuse, match=r"ours/docker-compose is 1\.29\.2; .*plugins/docker-compose is v2\.24\.3"):
        program.found()
    played(tmp_path / "path", "v2.40.3")
    assert program.found() == (tmp_path / "path" / "docker-compose", "2.40.3")
