"""The agent and its relay as real processes, killing real children; only /proc's words are written by hand."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from squall.agent.scope.processes import start, state
from squall.agent.wire import VERSION
from tests.agent.proc_folder import CONTAINER, UID, V1, ProcFolder, in_container
from tests.agent.running import eventually

ROOT = Path(__file__).parents[2]
AGENT = [sys.executable, "-S", "-m", "squall.agent"]
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")


@dataclass
class Agent:
    proc: ProcFolder
    logs: Path
    folder: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.folder / "journal" / "r.jsonl"

    def serve(self, lease: float = 15.0) -> subprocess.Popen[bytes]:
        words = ["serve", "--run", "r", "--namespace", "quantum-rerank", "--lease", str(lease)]
        words += ["--proc", str(self.proc.path), "--logs", str(self.logs)]
        words += ["--journal", str(self.folder / "journal")]
        return self.start(words, stderr=subprocess.PIPE)

    def relay(self) -> "Relay":
        eventually((self.folder / "s").exists)
        return Relay(self.start(["relay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))

    def start(self, words: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        command = [*AGENT, *words, "--socket", str(self.folder / "s")]
        child = subprocess.Popen(command, cwd=ROOT, **streams)
        self.children.append(child)
        return child

    def target(self, number: int = 0, uid: str = UID) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
        child = subprocess.Popen(["sleep", "60"])
        self.children.append(child)
        container = f"{number:02x}" * 32
        self.proc.add(child.pid, in_container(V1, uid, container), f"{child.pid} 1")
        return child, {"uid": uid, "container": container}


@dataclass
class Relay:
    process: subprocess.Popen[bytes]

    def ask(self, seq: int, do: str, **more: object) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"run": "r", "seq": seq, "do": do, **more}).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def agent(proc: ProcFolder, logs: Path, tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(proc, logs, tmp_path)
    yield agent
    for child in agent.children:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                stream.close()


def test_it_kills_all_targets_and_says_when(agent: Agent) -> None:
    (first, one), (second, two) = agent.target(1), agent.target(2)
    agent.serve()
    before = time.monotonic()
    answer = agent.relay().ask(1, "Crash", targets=[one, two])
    after = time.monotonic()
    assert [first.wait(), second.wait()] == [-signal.SIGKILL, -signal.SIGKILL]
    assert [
        f"process {child.pid} " in target["how"]
        for child, target in ((first, answer["targets"][0]), (second, answer["targets"][1]))
    ] == [True, True]
    for target in answer["targets"]:
        assert before < target["sent"] < target["seen"] < after
    assert max(each["sent"] for each in answer["targets"]) < min(each["seen"] for each in answer["targets"])
    assert "closed" in agent.journal.read_text()


def test_hello_tells_the_clock(agent: Agent) -> None:
    agent.serve()
    before = time.monotonic()
    answer = agent.relay().ask(1, "hello", version=VERSION)
    assert before < answer["now"] < time.monotonic()
    assert answer["boot"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_a_cut_stream_is_no_release_and_repeats_nothing(agent: Agent) -> None:
    _, target = agent.target()
    agent.serve()
    relay = agent.relay()
    first = relay.ask(1, "Crash", targets=[target])
    relay.process.kill()
    again = agent.relay().ask(1, "Crash", targets=[target])
    assert again["again"]
    assert again["targets"] == first["targets"]


def test_one_wrong_target_and_nobody_is_killed(agent: Agent) -> None:
    child, target = agent.target()
    agent.serve()
    stranger = {"uid": UID, "container": CONTAINER}
    assert "found: none" in agent.relay().ask(1, "Crash", targets=[target, stranger])["refused"]
    assert child.poll() is None


@pytest.mark.parametrize(("folder", "text"), [("kube-system_dns", "not to be touched"), (None, "not on this node")])
def test_other_namespaces_are_refused(agent: Agent, folder: str | None, text: str) -> None:
    other = UID.replace("6", "7")
    child, target = agent.target(uid=other)
    if folder:
        (agent.logs / f"{folder}_{other}").mkdir()
    agent.serve()
    assert text in agent.relay().ask(1, "Crash", targets=[target])["refused"]
    assert child.poll() is None


def test_it_ends_when_the_lease_runs_out(agent: Agent) -> None:
    served = agent.serve(lease=0.2)
    _, err = served.communicate(timeout=60)
    assert (served.returncode, err.decode().strip()) == (0, "squall-agent: ended: the lease ran out")


@pytest.mark.parametrize("how", ["bye", "SIGTERM"])
def test_it_ends_when_told_and_leaves_nothing(agent: Agent, how: str) -> None:
    _, target = agent.target()
    served = agent.serve()
    relay = agent.relay()
    relay.ask(1, "Crash", targets=[target])
    if how == "bye":
        assert relay.ask(2, "bye")["released"] == []
    else:
        served.terminate()
    _, err = served.communicate(timeout=60)
    assert (served.returncode, err.decode().strip()) == (0, f"squall-agent: ended: {how}")
    assert relay.process.wait(60) == 0
    assert list((agent.folder / "journal").iterdir()) == []
    assert not (agent.folder / "s").exists()


def test_a_killed_agent_is_followed_by_one_that_knows_what_was_done(agent: Agent) -> None:
    _, target = agent.target()
    served = agent.serve()
    agent.relay().ask(1, "Crash", targets=[target])
    served.kill()
    served.wait()
    with agent.journal.open("ab") as journal:
        journal.write(b'{"seq":2,"state":"open","do":"Crash","entry":{"targets":[]}}\n')
    agent.serve()
    relay = agent.relay()
    assert relay.ask(1, "Crash", targets=[target])["again"]
    assert "the agent ended while it did this" in relay.ask(2, "Crash", targets=[target])["refused"]


@pytest.fixture
def real(agent: Agent) -> Agent:
    """The agent on this machine's own /proc, for the children of this process."""
    agent.proc = ProcFolder(Path("/proc"))
    return agent


def family(agent: Agent) -> subprocess.Popen[bytes]:
    words = ["serve", "--run", "r", "--family", str(os.getpid()), "--journal", str(agent.folder / "journal")]
    return agent.start(words, stderr=subprocess.PIPE)


def child_of(agent: Agent) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    child = subprocess.Popen(["sleep", "60"])
    agent.children.append(child)
    began = start(Path("/proc"), child.pid)
    assert began is not None
    return child, {"pid": child.pid, "started": began}


def in_state(child: subprocess.Popen[bytes]) -> str:
    return state(Path("/proc"), child.pid)


def test_a_freeze_stands_and_ends_by_itself(real: Agent) -> None:
    child, target = child_of(real)
    family(real)
    relay = real.relay()
    (told,) = relay.ask(1, "Freeze", targets=[target], lasts=0.3)["targets"]
    assert (told["proven"], in_state(child)) == (True, "T")
    eventually(lambda: in_state(child) == "S")
    (ended,) = relay.ask(2, "end", of=1)["targets"]
    assert ended["ending"] == "as stated"
    assert ended["seen"] - told["sent"] >= 0.3


@pytest.mark.parametrize(("how", "ending"), [("continued", "by others"), ("killed", "target gone")])
def test_a_freeze_that_did_not_stand_is_told(real: Agent, how: str, ending: str) -> None:
    child, target = child_of(real)
    family(real)
    relay = real.relay()
    relay.ask(1, "Freeze", targets=[target], lasts=60)
    child.send_signal(signal.SIGCONT if how == "continued" else signal.SIGKILL)
    if how == "killed":
        child.wait()
    else:
        eventually(lambda: in_state(child) == "S")
    assert [each["ending"] for each in relay.ask(2, "end", of=1)["targets"]] == [ending]


def test_what_is_stopped_already_and_strangers_are_refused(real: Agent) -> None:
    child, target = child_of(real)
    family(real)
    relay = real.relay()
    child.send_signal(signal.SIGSTOP)
    eventually(lambda: in_state(child) == "T")
    assert "stopped already" in relay.ask(1, "Freeze", targets=[target], lasts=60)["refused"]
    stranger = {"pid": os.getppid(), "started": start(Path("/proc"), os.getppid())}
    assert "not to be touched" in relay.ask(2, "Crash", targets=[stranger])["refused"]
    assert in_state(child) == "T"


@pytest.mark.parametrize("how", ["terminated", "lease"])
def test_an_agent_that_ends_ends_its_freeze(real: Agent, how: str) -> None:
    child, target = child_of(real)
    words = ["serve", "--run", "r", "--family", str(os.getpid()), "--journal", str(real.folder / "journal")]
    served = real.start([*words, "--lease", "2" if how == "lease" else "15"], stderr=subprocess.PIPE)
    real.relay().ask(1, "Freeze", targets=[target], lasts=60)
    assert in_state(child) == "T"
    if how == "terminated":
        served.terminate()
    _, err = served.communicate(timeout=60)
    assert "runs again" in err.decode()
    assert in_state(child) == "S"


def test_a_killed_agents_freeze_is_ended_by_its_successor(real: Agent) -> None:
    child, target = child_of(real)
    served = family(real)
    real.relay().ask(1, "Freeze", targets=[target], lasts=60)
    served.kill()
    served.wait()
    assert in_state(child) == "T"
    family(real)
    assert "1 of 1 processes were still stopped" in real.relay().ask(2, "end", of=1)["released"]
    assert in_state(child) == "S"


def test_it_needs_the_standard_library_alone() -> None:
    code = "import json, sys, squall.agent.command; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded - set(sys.stdlib_module_names) <= {"squall", "__main__", "sitecustomize"}
