"""On a real kind cluster: deploying, watching, killing, deleting, owning, undoing. Serial: they share one system."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from squall.errors import InjectionFailed, Misuse
from squall.instances import Ended, Instance
from squall.platforms.capability import Deletes, DeletesByForce, Host, Platform
from squall.platforms.kind.platform import Kind
from squall.platforms.kubectl import found
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.labels import agent_name
from squall.platforms.kubernetes.api.paths import within
from squall.record.event import EndpointChanged, InstanceChanged, RunVoided
from squall.safety.audit import compare
from squall.safety.undo_log import Undo, UndoLog, perform
from tests.kind.harmed import new_run
from tests.kind.namespaces import removed_at_the_end
from tests.platforms.echo_cluster import CONTEXT, SYSTEM, Timeline, platform, quiet, state

pytestmark = [pytest.mark.kind, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with removed_at_the_end(platform(), "squall-test"):
        yield


@pytest.fixture
def run() -> str:
    return new_run()


@pytest.fixture
def kind(cluster: None, run: str) -> Iterator[Kind]:
    kind = platform()
    lease = kind.claim_run(run)
    kind.deploy([], quiet)
    yield kind
    perform(lease)
    kind.close()


@pytest.fixture
def held(kind: Kind, run: str) -> Iterator[Kind]:
    instances = kind.instances("echo")
    undo = kind.plan_agents(instances, run)
    kind.start_agents(instances, run)
    yield kind
    for each in undo:
        perform(each)


@pytest.fixture
def timeline(kind: Kind) -> Iterator[Timeline]:
    timeline = Timeline()
    watching = kind.watch(["echo"], timeline.events.append)
    yield timeline
    watching.stop()
    assert [event for event in timeline.events if isinstance(event, RunVoided)] == []


def one(kind: Kind) -> Instance:
    return kind.instances("echo")[0]


def test_it_offers_what_it_says(kind: Kind) -> None:
    for capability in (Platform, Host, Deletes, DeletesByForce):
        assert isinstance(kind, capability)
    assert (kind.name, kind.context, kind.users_url()) == ("kind", CONTEXT, "http://127.0.0.1:30085")
    assert kind.wanted("echo") == len(kind.instances("echo")) == 2
    versions, tuning = kind.facts()
    assert versions["kubernetes"].startswith("v1.")
    assert tuning["readiness of echo/echo"] == "every 1 s, 1 failures, timeout 1 s"


def test_fresh_pods_are_kept(kind: Kind) -> None:
    before = kind.instances("echo")
    began = time.monotonic()
    kind.deploy([], quiet)
    assert time.monotonic() - began < 10
    assert kind.instances("echo") == before


def test_a_weakness_comes_and_goes(kind: Kind) -> None:
    kind.deploy(["one replica"], quiet)
    assert kind.wanted("echo") == len(kind.instances("echo")) == 1
    kind.deploy([], quiet)
    assert kind.wanted("echo") == len(kind.instances("echo")) == 2


@pytest.mark.parametrize(
    ("weaknesses", "text"),
    [(["no such"], 'no weakness "no such".*"one replica", "slow stop"'), (["one replica", "slow stop"], "at a time")],
)
def test_what_cannot_be_deployed_is_refused(kind: Kind, weaknesses: list[str], text: str) -> None:
    with pytest.raises(Misuse, match=text):
        kind.deploy(weaknesses, quiet)


def test_a_kill_is_proven_in_milliseconds_and_seen(held: Kind, timeline: Timeline) -> None:
    target = one(held)
    called = time.monotonic()
    (evidence,) = held.harm("Crash", [target])
    assert evidence.proven, evidence.how
    assert called < evidence.onset.low < evidence.onset.high < called + 0.5
    assert evidence.onset.error < 0.1
    unready = timeline.await_event(state(target.name, "unready"))
    assert unready.t > evidence.onset.low
    timeline.await_event(lambda e: isinstance(e, EndpointChanged) and e.name == target.name and not e.ready)
    back = timeline.await_event(
        lambda e: (
            isinstance(e, InstanceChanged) and state(target.name, "ready")(e) and e.incarnation != target.incarnation
        )
    )
    assert isinstance(back, InstanceChanged)
    assert back.incarnation.partition("/")[0] == target.incarnation.partition("/")[0]
    assert one(held).restarted is not None


def test_every_pod_is_killed_at_once(held: Kind) -> None:
    targets = held.instances("echo")
    proofs = held.harm("Crash", targets)
    assert [proof.proven for proof in proofs] == [True, True], proofs
    lows = [proof.onset.low for proof in proofs]
    assert max(lows) - min(lows) < 0.25
    held.deploy([], quiet)
    assert all(instance.restarted is None for instance in held.instances("echo"))


def test_a_cut_stream_is_opened_again(held: Kind) -> None:
    target = one(held)
    stream = held._agents._orders._streams[target.node]
    assert stream._process
    stream._process.kill()
    stream._process.wait()
    (evidence,) = held.harm("Crash", [target])
    assert evidence.proven, evidence.how


def test_a_container_that_is_another_by_now_is_not_killed(held: Kind) -> None:
    target = one(held)
    held.harm("Crash", [target])
    (again,) = held.harm("Crash", [target])
    assert not again.proven


def test_a_pod_of_another_namespace_is_not_killed(held: Kind) -> None:
    node = one(held).node
    system = [p for p in held._api.items(within("kube-system", "pod")) if p["spec"]["nodeName"] == node]
    container = system[0]["status"]["containerStatuses"][0]["containerID"].rpartition("//")[2]
    name, uid = system[0]["metadata"]["name"], system[0]["metadata"]["uid"]
    (evidence,) = held.harm("Crash", [Instance("dns", name, f"{uid}/{container[:12]}", node, ready=True)])
    assert "kube-system, which is not to be touched" in evidence.how
    now = held._api.get(within("kube-system", "pod", name))["status"]["containerStatuses"][0]["containerID"]
    assert now.rpartition("//")[2] == container


def frozen(held: Kind, lasts: float) -> Instance:
    target = one(held)
    (evidence,) = held.harm("Freeze", [target], lasts=lasts)
    assert evidence.proven, evidence.how
    assert evidence.onset.error < 0.1
    return target


def agent_of(run: str, target: Instance) -> list[str]:
    return ["exec", "-n", "squall", agent_name(run, target.node), "--"]


def signalled(held: Kind, run: str, target: Instance, number: int) -> None:
    """Send a signal to the agent's main process, from its own container: it has the node's PID namespace."""
    pid = held._agents._orders._streams[target.node].ask("ping")["pid"]
    held._kubectl.run(*agent_of(run, target), "python3", "-c", f"import os; os.kill({pid}, {number})")


def test_a_freeze_ends_when_it_is_told(held: Kind, timeline: Timeline) -> None:
    target = frozen(held, 60)
    timeline.await_event(state(target.name, "unready"))
    (ending,) = held.end("Freeze", [target])
    assert ending.ended is Ended.AS_STATED, ending.how
    timeline.await_event(state(target.name, "ready"))
    assert one(held).incarnation == target.incarnation


def test_an_agent_that_is_killed_comes_back_and_undoes(held: Kind, run: str, timeline: Timeline) -> None:
    target = frozen(held, 60)
    timeline.await_event(state(target.name, "unready"))
    signalled(held, run, target, signal.SIGKILL)
    timeline.await_event(state(target.name, "ready"))
    (ending,) = held.end("Freeze", [target])
    assert (ending.ended, "ended before the harm did" in ending.how) == (Ended.BY_OTHERS, True)
    assert one(held).incarnation == target.incarnation


def test_what_an_agent_that_does_not_answer_holds_is_undone_in_its_place(held: Kind, run: str) -> None:
    target = frozen(held, 600)
    (undo,) = held.plan_agents([target], run)
    signalled(held, run, target, signal.SIGSTOP)
    proof = perform(undo)
    assert "did not answer; its journal says: 1 of 1 processes were still stopped, and run again" in proof
    assert "is not there" in perform(undo)


def test_ending_an_agent_tells_what_it_undid(held: Kind, run: str) -> None:
    target = frozen(held, 600)
    (undo,) = held.plan_agents([target], run)
    assert "runs again (/proc)" in perform(undo)


def test_a_deletion_is_proven_and_seen(kind: Kind, timeline: Timeline) -> None:
    target = one(kind)
    (evidence,) = kind.delete([target], 20.0)
    assert evidence.proven, evidence.how
    assert evidence.onset.error < 0.5
    timeline.await_event(state(target.name, "gone"))
    others = [instance.name for instance in kind.instances("echo") if instance.name != target.name]
    timeline.await_event(lambda e: any(state(name, "ready")(e) for name in others))
    kind.deploy([], quiet)


def test_a_pod_that_does_not_go_is_no_proof(kind: Kind) -> None:
    kind.deploy(["slow stop"], quiet)
    (evidence,) = kind.delete([one(kind)], 1.0)
    assert not evidence.proven
    assert "Terminating, grace 120 s" in evidence.how
    began = time.monotonic()
    kind.deploy([], quiet)
    assert time.monotonic() - began < 60


def test_a_pod_that_does_not_go_is_forgotten_by_force(kind: Kind) -> None:
    kind.deploy(["slow stop"], quiet)
    target = one(kind)
    (evidence,) = kind.delete_by_force([target], 5.0)
    assert evidence.proven, evidence.how
    assert f"pod of uid {target.incarnation.partition('/')[0]} is gone" in evidence.how
    kind.deploy([], quiet)


def test_another_uid_is_not_deleted(kind: Kind) -> None:
    target = one(kind)
    other = Instance("echo", target.name, f"{uuid.uuid4()}/x", target.node, ready=True)
    for refused in (*kind.delete([other], 1.0), *kind.delete_by_force([other], 1.0)):
        assert not refused.proven
    assert one(kind) == target


def test_a_second_run_is_refused_by_name(kind: Kind, run: str) -> None:
    other = platform()
    with pytest.raises(Misuse, match=f"held by the run {run}, which renews its lease"):
        other.claim_run("another")
    with pytest.raises(InjectionFailed, match="does not hold its lease"):
        other.delete([one(kind)], 1.0)
    other.close()


def test_a_released_lease_can_be_taken(cluster: None) -> None:
    first, second = platform(), platform()
    assert perform(first.claim_run("one")) == "held by nobody"
    undo = second.claim_run("two")
    assert perform(Undo(undo.kind, undo.about, {**undo.args, "run": "one"})) == "held by two: left alone"
    perform(undo)
    first.close()
    second.close()


REPLAY = """
import sys; from pathlib import Path
import squall.platforms.undos
from squall.safety.undo_log import UndoLog
for undo, proof in UndoLog(Path(sys.argv[1])).replay(): print(undo.kind, proof)
"""


def test_another_process_undoes_what_is_written_down(kind: Kind, run: str, tmp_path: Path) -> None:
    before = kind.baseline()
    log = UndoLog(tmp_path / "undo.jsonl")
    instances = kind.instances("echo")
    for undo in kind.plan_agents(instances, run):
        log.open(undo)
    kind.start_agents(instances, run)
    left = compare(before, kind.baseline(), run).leftovers
    assert len(left) == 2
    assert all(run in each for each in left)
    done = subprocess.run([sys.executable, "-c", REPLAY, str(log._path)],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.count("it held nothing any more; its pod is gone after") == 2
    assert log.open_entries() == {}
    assert compare(before, kind.baseline(), run) == compare({}, {}, run)
    for undo in kind.plan_agents(instances, run):
        assert "is not there" in perform(undo)


def test_a_change_by_someone_else_is_told(kind: Kind, run: str) -> None:
    before = kind.baseline()
    path = within("squall-test", "deployment", "echo")
    kind._api.patch(path, {"spec": {"replicas": 1}})
    changed = compare(before, kind.baseline(), run).changed
    kind._api.patch(path, {"spec": {"replicas": 2}})
    assert changed == ("deployment/echo replicas was 2 and is 1",)


def test_an_agent_whose_harness_died_ends_by_itself(kind: Kind, run: str) -> None:
    instances = [one(kind)]
    undo = kind.plan_agents(instances, run)
    kind.start_agents(instances, run)
    kind._agents.close()
    path = within("squall", "pod", undo[0].args["name"])
    began = time.monotonic()
    while kind._api.get(path)["status"]["phase"] != "Succeeded":
        assert time.monotonic() - began < 30
        time.sleep(0.25)
    assert time.monotonic() - began > 8
    perform(undo[0])


def renamed(folder: Path, context: str, server: str | None = None) -> str:
    file = folder / "config"
    words = [found(), "--context", CONTEXT, "config", "view", "--raw", "--minify", "-o", "yaml"]
    config: Any = yaml.safe_load(subprocess.run(words, capture_output=True, check=True).stdout)
    config["contexts"][0]["name"] = config["current-context"] = context
    config["clusters"][0]["cluster"]["server"] = server or config["clusters"][0]["cluster"]["server"]
    file.write_text(yaml.safe_dump(config))
    return str(file)


@pytest.mark.parametrize(
    ("context", "server", "text"),
    [
        ("production", None, "not one that kind made"),
        ("kind-squall", "https://squall-control-plane:6443", "not on this machine"),
        ("kind-gone", "https://127.0.0.1:9", 'no container of the kind cluster "gone"'),
    ],
)
def test_a_cluster_that_is_not_surely_kinds_is_refused(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: str, server: str | None, text: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", renamed(tmp_path, context, server))
    kind = Kind(SYSTEM)
    assert kind.context == context
    began = time.monotonic()
    for touch in (
        kind.check,
        lambda: kind.deploy([], quiet),
        lambda: kind.claim_run("r"),
        lambda: kind.start_agents([], "r"),
    ):
        with pytest.raises(Misuse, match=text):
            touch()
    assert time.monotonic() - began < 5
    kind.close()


def test_nodes_that_are_not_kinds_are_refused(cluster: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "items", lambda *_: ({"metadata": {"name": "n"}, "spec": {"providerID": "aws:///i-1"}},))
    kind = platform()
    with pytest.raises(Misuse, match=r"the node n of .* is not kind's"):
        kind.check()
    kind.close()
