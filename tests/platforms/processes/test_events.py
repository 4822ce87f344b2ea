from squall.instances import Trouble
from squall.platforms.processes.envoy import checks, healthy
from squall.platforms.processes.events import changes, first
from squall.platforms.processes.status import ProcessStatus
from squall.record.event import EndpointChanged, InstanceListed, InstancesListed, TroubleSeen
from squall.record.line import details

UP = ProcessStatus("api-0", "10/100", "RUNNING", True, True)


def seen(incarnation: str, *, ready: bool, served: bool | None = True, state: str = "RUNNING") -> ProcessStatus:
    return ProcessStatus("api-0", incarnation, state, ready, served, "why")


def told(before: ProcessStatus, now: ProcessStatus) -> list[tuple[str, str, object]]:
    said = ((event.kind, details(event)) for event in changes(1.0, "api", before, now))
    return [(kind, str(what.get("incarnation", "")), what.get("state", what.get("ready"))) for kind, what in said]


def test_the_whole_state_comes_first() -> None:
    events = list(
        first(
            1.0, "api", ["api-0", "api-1"], {"api-0": UP, "api-1": ProcessStatus("api-1", "", "BACKOFF", False, False)}
        )
    )
    assert events == [
        InstancesListed(1.0, "api", instances=(InstanceListed("api-0", "10/100", ready=True, node="localhost"),)),
        EndpointChanged(1.0, "api", name="api-0", ready=True),
    ]  # fmt: skip


def test_nothing_changed() -> None:
    assert told(UP, UP) == []


def test_a_crash_and_a_restart_between_two_looks() -> None:
    now = seen("11/200", ready=False)
    assert told(UP, now) == [("instance", "10/100", "gone"), ("instance", "11/200", "unready")]


def test_a_crash_that_is_seen_before_the_restart() -> None:
    down = seen("", ready=False)
    assert told(UP, down) == [("instance", "10/100", "gone")]
    assert told(down, seen("11/200", ready=False, served=False)) == [
        ("endpoint", "", False),
        ("instance", "11/200", "unready"),
    ]


def test_withdrawn_and_given_traffic_again() -> None:
    out = seen("10/100", ready=False, served=False)
    assert told(UP, out) == [("endpoint", "", False), ("instance", "10/100", "unready")]
    assert told(out, UP) == [("endpoint", "", True), ("instance", "10/100", "ready")]


def test_a_process_that_is_given_up_is_noted() -> None:
    events = list(changes(1.0, "api", seen("", ready=False), seen("", ready=False, state="FATAL")))
    assert [event.kind for event in events] == ["trouble", "note"]


def test_a_process_that_ends_again_and_again_is_in_a_loop() -> None:
    down, backing_off = seen("", ready=False, state="EXITED"), seen("", ready=False, state="BACKOFF")
    (event,) = changes(1.0, "api", down, backing_off)
    assert event == TroubleSeen(1.0, "api", "api-0", Trouble.CRASH_LOOP, "why")
    assert list(changes(1.0, "api", backing_off, backing_off)) == []


def test_health_as_envoys_admin_port_tells_it() -> None:
    def host(port: int, **status: object) -> dict[str, object]:
        return {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}, "health_status": status}

    hosts = [
        host(1, eds_health_status="HEALTHY"),
        host(2, eds_health_status="HEALTHY", failed_active_health_check=True),
        host(3, eds_health_status="HEALTHY", failed_outlier_check=True),
    ]
    answer = {"cluster_statuses": [{"name": "api", "host_statuses": hosts}, {"name": "empty"}]}
    assert healthy(answer) == {1: True, 2: False, 3: False}


def test_how_hosts_are_checked() -> None:
    text = """
static_resources:
  clusters:
    - name: api
      health_checks: [{interval: 0.25s, timeout: 1s, unhealthy_threshold: 2, http_health_check: {path: /ready}}]
    - name: other
"""
    assert checks(text) == {"api": "/ready every 0.25s, 2 failures, timeout 1s", "other": "none"}
