"""The API server's process frozen and let go on: the scripts run here, on a process of this test instead of a node's.

What is asked of docker is done on this machine; what is asked of the API server, by a server that is scripted.
"""

import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import squall.platforms.undos  # noqa: F401 - registers how each kind is undone
from squall.clock import SYSTEM as CLOCK
from squall.errors import HarnessFailed, InjectionFailed, NotUndone
from squall.instances import Ended
from squall.platforms.kind.harms import api_server_freeze as kind_api_server
from squall.platforms.kind.harms.api_server_freeze import FREEZE, HELD, PROCESS, THAW, ApiServerFreezeHarm, Seen, seen
from squall.platforms.kind.machine import Machine
from squall.platforms.kubernetes.blindness import Blindness
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.record.event import Event, PlatformUnseen
from squall.record.line import details
from squall.safety.undo_log import perform
from squall.steps.harms.cluster import the_api_server_freezes
from tests.platforms.api_server import Handler, answers
from tests.platforms.conftest import Served
from tests.platforms.echo_cluster import SYSTEM

NODE = Machine("fake-control-plane")
LABELS = {"node-role.kubernetes.io/control-plane": ""}


@dataclass
class Node:
    """A process that stands for the API server's, and the folder that stands for its node's disk."""

    process: "subprocess.Popen[bytes]"
    name: str
    disk: Path

    @property
    def state(self) -> str:
        return Path(f"/proc/{self.process.pid}/stat").read_text().split()[2]

    def becomes(self, state: str) -> bool:
        return eventually(lambda: (self.state == "T") == (state == "T"))

    def docker(self, _: str, words: tuple[str, ...]) -> bytes:
        if words[0] == "ps":
            return f"{NODE.name}\n".encode()
        if words[0] == "inspect":
            return b"a-container"
        ours = [word.replace(HELD, str(self.disk / "held")).replace(PROCESS, self.name) for word in words[2:]]
        done = subprocess.run(ours, capture_output=True, check=False, timeout=20)
        if done.returncode:
            raise HarnessFailed(done.stderr.decode())
        return done.stdout

    def timers(self) -> list[str]:
        """The processes that would let it go on."""
        found = []
        for words in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                found += [words.parent.name] if str(self.disk).encode() in words.read_bytes() else []
        return found


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    name = f"sq-{uuid.uuid4().hex[:8]}"
    program = shutil.copy(str(shutil.which("sleep")), tmp_path / name)
    disk = tmp_path / "disk"
    disk.mkdir()
    with subprocess.Popen([program, "600"]) as process:
        node = Node(process, name, disk)
        monkeypatch.setattr("squall.platforms.kind.machine._provider", node.docker)
        yield node
        process.send_signal(signal.SIGKILL)
    for pid in node.timers():
        subprocess.run(["kill", "-s", "KILL", pid], check=False)


def freeze(node: Node, longest: float, run: str = "r") -> None:
    NODE.call("sh", "-c", FREEZE, "freeze", run, f"{longest:g}")
    assert seen(NODE) == Seen("T", run)
    assert node.state == "T"


def test_it_goes_on_by_itself_when_nobody_is_left(node: Node) -> None:
    freeze(node, 0.4)
    assert node.becomes("S")
    assert eventually(lambda: list(node.disk.iterdir()) == [])
    assert seen(NODE) == Seen("S", "")


def test_who_lets_it_go_on_ends_the_timer_that_would_end_the_next_freeze_too_soon(node: Node) -> None:
    freeze(node, 300)
    assert node.timers()
    NODE.call("sh", "-c", THAW)
    assert node.becomes("S")
    assert eventually(lambda: not node.timers())
    assert list(node.disk.iterdir()) == []
    freeze(node, 300, "another")
    NODE.call("sh", "-c", THAW)


def test_the_timer_continues_no_other_process_that_has_the_number_by_then(node: Node) -> None:
    other = FREEZE.replace("start=$(cut", "start=1$(cut")
    assert other != FREEZE
    NODE.call("sh", "-c", other, "freeze", "r", "0.2")
    assert node.becomes("T")
    assert eventually(lambda: not node.timers())
    assert node.state == "T"


def test_where_there_is_no_such_process_nothing_is_done(node: Node) -> None:
    node.process.send_signal(signal.SIGKILL)
    node.process.wait()
    assert seen(NODE) == Seen("", "")
    with pytest.raises(HarnessFailed):
        NODE.call("sh", "-c", FREEZE, "freeze", "r", "1")


@dataclass
class Trial:
    """The harm, on a served API whose calls hang as long as the process is stopped."""

    harming: ApiServerFreezeHarm
    told: list[Event]
    node: Node
    owned: bool = True

    def undo(self) -> str:
        (entry,) = self.harming.undo("r")
        return perform(entry)


@pytest.fixture
def trial(served: Served, node: Node, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.setattr(kind_api_server, "ANSWERS_WITHIN", 0.2)
    listed = {"items": [{"metadata": {"name": NODE.name, "labels": LABELS}}, {"metadata": {"name": "w"}}]}

    def reply(handler: Handler) -> None:
        deadline = time.monotonic() + 3
        while node.state == "T" and time.monotonic() < deadline:
            time.sleep(0.01)
        if handler.path == "/silent":
            handler.close_connection = True
            return
        answers(listed if handler.path == "/api/v1/nodes" else {"gitVersion": "v1"})(handler)

    served.script.then(*[reply] * 200)
    section = SYSTEM.platforms.kind
    assert section is not None
    told = list[Event]()
    context = HarmContext(
        served.api, Workloads(served.api, section), CLOCK, lambda: None, Blindness(CLOCK, told.append)
    )
    return Trial(ApiServerFreezeHarm(context), told, node)


def test_it_is_proven_by_the_process_and_by_a_call_and_ends_as_stated(trial: Trial) -> None:
    (proof,) = trial.harming.harm("r", 30.0)
    assert proof.proven
    assert proof.how.startswith("its process is stopped; a call hangs for 0.2 s (")
    assert trial.harming.ended("r") == []
    (ending,) = trial.harming.end("r")
    assert ending.ended is Ended.AS_STATED
    assert ", and answered after " in ending.how
    assert trial.node.becomes("S")
    (unseen,) = trial.told
    assert isinstance(unseen, PlatformUnseen)
    assert (unseen.low, unseen.high) == pytest.approx((proof.onset.low, ending.when.high), abs=0.3)
    assert trial.undo().endswith("is held by nobody: left alone")


def test_the_undo_needs_no_api_server_to_let_it_go_on(trial: Trial) -> None:
    (entry,) = trial.harming.undo("r")
    trial.harming.harm("r", 30.0)
    assert perform(entry).startswith("the API server goes on (S) and answered after ")
    assert "held by nobody" in perform(entry)


def test_another_run_s_is_left_alone(trial: Trial) -> None:
    (entry,) = trial.harming.undo("another")
    trial.harming.harm("r", 30.0)
    assert perform(entry) == "the API server (T) is held by r: left alone"
    assert trial.node.state == "T"
    with pytest.raises(InjectionFailed, match="the run r holds it"):
        trial.harming.harm("another", 30.0)
    trial.undo()


def test_one_that_does_not_answer_afterwards_is_not_undone(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = trial.harming.undo("r")
    trial.harming.harm("r", 30.0)
    monkeypatch.setattr(kind_api_server, "READY_WITHIN", 0.0)
    monkeypatch.setattr(kind_api_server, "HEALTH", "/silent")
    with pytest.raises(NotUndone, match="on fake-control-plane go on: the API server does not answer: "):
        perform(entry)


def continued(node: Node) -> Callable[..., str]:
    call = Machine.call

    def and_continued(machine: Machine, *words: Any) -> str:
        said = call(machine, *words)
        if FREEZE in words:
            node.process.send_signal(signal.SIGCONT)
            assert node.becomes("S")
        return said

    return and_continued


def test_one_that_someone_lets_go_on_at_once_proves_nothing(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "call", continued(trial.node))
    (proof,) = trial.harming.harm("r", 30.0)
    assert not proof.proven
    assert proof.how.startswith("it still answers, after ")
    (ended,) = trial.harming.ended("r")
    (ending,) = trial.harming.end("r")
    assert (ended.ended, ending.ended) == (Ended.BY_OTHERS, Ended.BY_OTHERS)
    trial.undo()


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([], "there are 0 of it"),
        (["a", "b"], "there are 2 of it"),
        (["other"], "container other is not the node fake-"),
    ],
)
def test_only_the_one_node_of_this_cluster(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, nodes: list[str], text: str
) -> None:
    monkeypatch.setattr(kind_api_server, "control_planes", lambda _: nodes)
    with pytest.raises(InjectionFailed, match=text):
        trial.harming.harm("r", 30.0)
    assert trial.node.state != "T"


def test_it_is_not_frozen_for_longer_than_its_kubelet_waits() -> None:
    assert the_api_server_freezes("60s").lasts == 60
    with pytest.raises(ValueError, match="longer than 60s its kubelet"):
        the_api_server_freezes("61s")


def test_a_gap_of_the_watch_is_excused_only_while_the_harm_stands() -> None:
    told, now = list[Event](), [10.0]
    clock = type("Still", (), {"now": lambda _: now[0], "sleep": lambda *_: None})()
    blindness = Blindness(clock, told.append)
    assert not blindness.excuses(10.0)
    blindness.end()
    blindness.begin(10.0)
    assert blindness.excuses(40.0)
    now[0] = 30.0
    blindness.end()
    assert [details(event) for event in told] == [{"low": 10.0, "high": 30.0}]
    assert [blindness.excuses(moment) for moment in (9.9, 10.0, 30.9, 31.1)] == [False, True, True, False]
