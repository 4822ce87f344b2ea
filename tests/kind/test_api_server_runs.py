"""Whole runs in which the API server of the real cluster is frozen: what they come to, and who ends it if they die.

Nothing else can use the cluster meanwhile: run these alone.
"""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.claims.heals_within import HealsWithin
from squall.claims.recovers_within import RecoversWithin
from squall.claims.success_share import SuccessShare
from squall.faults.api_server_freeze import ApiServerFreeze
from squall.platforms.kind.harms.api_server_freeze import LATER, PROCESS, seen
from squall.platforms.kind.machine import Machine, end_containers
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.client import ApiFailed
from squall.platforms.kubernetes.objects.pods import containers
from squall.record.event import Noted, PhaseBegan, PlatformUnseen
from squall.record.folder import RunFolder
from squall.record.judgement import Judgement
from squall.run.experiment import Experiment, Surroundings
from squall.run.scenario import Promise, Scenario
from squall.safety.undo_log import UndoLog
from squall.verdict import Cause, Verdict
from tests.crash.stepping import Probes
from tests.kind.doomed import HARMS, hurried, killed
from tests.kind.gate import CONTEXT
from tests.kind.harmed import SYSTEM, platform

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(300)]
NODE = Machine("squall-control-plane")
LONG = 30.0
OVER = "/run/squall-test-over"


@pytest.fixture
def kind() -> Iterator[Kind]:
    with closing(platform()) as kind:
        kind.check()
        settled(kind)
        yield kind


def settled(kind: Kind) -> None:
    """Controllers that lost their leases to the freeze before start again; nothing is deployed without them."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        parts = kind.harm_context.api.items(
            "/api/v1/namespaces/kube-system/pods", {"labelSelector": "tier=control-plane"}
        )
        states = [each for pod in parts for each in pod["status"].get("containerStatuses") or ()]
        if all(each["ready"] for each in states):
            return
        time.sleep(0.5)
    raise AssertionError("the control plane is not ready")


def call(kind: Kind) -> float:
    began = time.monotonic()
    kind.harm_context.api.get("/version", within=1.0)
    return time.monotonic() - began


def test_one_that_someone_keeps_going_on_proves_nothing(kind: Kind, tmp_path: Path) -> None:
    # It ends by itself after a minute, should nobody end it.
    loop = (
        f"pid=$(pgrep -x {PROCESS}); rm -f {OVER}; i=0; "
        f"until [ -e {OVER} ] || [ $i = 6000 ]; do kill -CONT $pid; i=$((i+1)); sleep .01; done"
    )
    subprocess.run(["docker", "exec", "-d", NODE.name, "sh", "-c", loop], check=True)
    try:
        judgement, _ = carried_out(tmp_path, 5.0, SuccessShare(50, 5))
    finally:
        NODE.call("touch", OVER)
    (finding,) = judgement.findings
    assert (finding.verdict, finding.cause) == (Verdict.INCONCLUSIVE, Cause.NO_EFFECT), finding
    assert "it still answers" in finding.reason
    assert seen(NODE).holder == ""


def carried_out(runs: Path, lasts: float, *claims: object) -> tuple[Judgement, RunFolder]:
    promises = [Promise(type(claim).__name__, claim) for claim in claims]  # type: ignore[arg-type]
    fault = ApiServerFreeze("", lasts=lasts)
    scenario = Scenario("frozen", "control plane", hurried(SYSTEM), fault, promises, rate=40, seed=1)
    folder = RunFolder.create(runs, "frozen")
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        return Experiment(scenario, Surroundings(on, Probes()), folder).run(), folder


def notes(folder: RunFolder) -> Sequence[str]:
    return [event.text for event in folder.timeline() if isinstance(event, Noted)]


@pytest.mark.parametrize("lasts", [10.0, 20.0, LONG])
def test_users_of_a_healthy_system_do_not_feel_it(kind: Kind, tmp_path: Path, lasts: float) -> None:
    claims = SuccessShare(99, lasts), RecoversWithin("front", 20), HealsWithin("front", 5)
    judgement, folder = carried_out(tmp_path, lasts, *claims)
    succeed, recovers, heals = judgement.findings
    assert succeed.verdict is Verdict.HELD, (judgement, notes(folder))
    assert recovers.verdict is Verdict.HELD, (judgement, notes(folder))
    # Whether all pods stood all along nobody has seen.
    assert (heals.verdict, heals.cause) == (Verdict.INCONCLUSIVE, Cause.GAUGE_MISSING), heals
    assert judgement.not_undone == []
    assert [event for event in folder.timeline() if isinstance(event, PlatformUnseen)]
    assert UndoLog(folder.undo).open_entries() == {}


def test_a_system_that_fails_meanwhile_is_broken(kind: Kind, tmp_path: Path) -> None:
    def crash() -> None:
        there: list[tuple[str, list[str]]] = []
        while not observing(tmp_path):
            # Frozen, it does not answer: what was there last counts.
            with suppress(ApiFailed):
                there = fronts(kind)
            time.sleep(0.1)
        for node, running in there:
            end_containers(node, running)

    killer = threading.Thread(target=crash)
    killer.start()
    judgement, _ = carried_out(tmp_path, 10.0, SuccessShare(99, 10))
    killer.join()
    assert judgement.findings[0].verdict is Verdict.BROKEN, judgement


def observing(runs: Path) -> bool:
    events = [event for folder in runs.glob("*/") for event in RunFolder(folder).timeline()]
    return any(isinstance(event, PhaseBegan) and event.name == "observe" for event in events)


def fronts(kind: Kind) -> list[tuple[str, list[str]]]:
    """The nodes and containers of the pods that users reach."""
    query = {"labelSelector": "app.kubernetes.io/name=front"}
    pods = kind.harm_context.api.get("/api/v1/namespaces/squall-harmed/pods", query, within=1.0)["items"]
    return [(str(pod["spec"]["nodeName"]), containers(pod)) for pod in pods if pod["spec"].get("nodeName")]


def test_a_guard_lets_it_go_on_when_the_harness_dies(kind: Kind, tmp_path: Path) -> None:
    folder = killed("api server", tmp_path, guard=False)
    gone_on(within=5.0)
    emptied(folder)
    assert call(kind) < 1
    assert seen(NODE).holder == ""


def test_it_goes_on_by_itself_when_harness_and_guard_die(kind: Kind, tmp_path: Path) -> None:
    folder = killed("api server", tmp_path, guard=True)
    began = time.monotonic()
    assert seen(NODE).stopped
    gone_on(within=HARMS["api server"].lasts + LATER + 5)
    assert time.monotonic() - began > 5
    proofs = [outcome for _, outcome in UndoLog(folder.undo).replay()]
    assert all(isinstance(proof, str) for proof in proofs), proofs
    assert [proof for proof in proofs if "is held by nobody: left alone" in str(proof)]
    assert call(kind) < 1


def gone_on(within: float) -> None:
    deadline = time.monotonic() + within
    while seen(NODE).stopped:
        assert time.monotonic() < deadline, "the API server is still stopped"
        time.sleep(0.1)


def emptied(folder: RunFolder) -> None:
    deadline = time.monotonic() + 60
    while UndoLog(folder.undo).open_entries():
        assert time.monotonic() < deadline, UndoLog(folder.undo).open_entries()
        time.sleep(0.2)
