"""The harness's side of the stream against the real agent and relay, as children of this process."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from squall.agent.scope.scope import boot_id
from squall.agent.wire import VERSION
from squall.clock import SYSTEM
from squall.errors import HarnessFailed
from squall.interval import Interval
from squall.platforms.agent_link.stream import AgentStream
from tests.agent.proc_folder import UID, V2, ProcFolder, in_container

ROOT = Path(__file__).parents[3]
AGENT = [sys.executable, "-S", "-m", "squall.agent"]


@dataclass
class Beside:
    stream: AgentStream
    server: "subprocess.Popen[bytes]"
    relays: list["subprocess.Popen[bytes]"]
    proc: ProcFolder

    def target(self) -> "tuple[subprocess.Popen[bytes], dict[str, str]]":
        child = subprocess.Popen(["sleep", "60"])
        self.proc.add(child.pid, in_container(V2), f"{child.pid} 1")
        return child, {"uid": UID, "container": "ab" * 6}


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    proc = ProcFolder(tmp_path / "proc")
    proc.path.mkdir()
    (tmp_path / "logs" / f"n_p_{UID}").mkdir(parents=True)
    words = ["--socket", str(tmp_path / "s")]
    serve = [*AGENT, "serve", "--run", "r", "--namespace", "n", *words, "--proc", str(proc.path)]
    serve += ["--logs", str(tmp_path / "logs"), "--journal", str(tmp_path / "journal")]
    server = subprocess.Popen(serve, cwd=ROOT)
    relays: list[subprocess.Popen[bytes]] = []

    def opening() -> "subprocess.Popen[bytes]":
        pipe = subprocess.PIPE
        relays.append(subprocess.Popen([*AGENT, "relay", *words], cwd=ROOT, stdin=pipe, stdout=pipe))
        return relays[-1]

    stream = AgentStream("the agent", "r", opening, SYSTEM)
    yield Beside(stream, server, relays, proc)
    stream.close()
    server.terminate()
    server.wait()


def test_the_clock_is_ours(beside: Beside) -> None:
    beside.stream.hello()
    assert beside.stream.here(5.0) == Interval.exact(5.0)


def test_an_agent_of_another_boot_is_placed_within_the_round_trip(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("squall.platforms.agent_link.stream.boot_id", lambda: boot_id() + "x")
    began = time.monotonic()
    beside.stream.hello()
    took = time.monotonic() - began
    here = beside.stream.here(5.0)
    assert here.low <= 5.0 <= here.high
    assert 0 < here.error <= took


def test_a_kill_is_told_in_milliseconds(beside: Beside) -> None:
    beside.stream.hello()
    child, target = beside.target()
    before = time.monotonic()
    answer = beside.stream.ask("Crash", targets=[target])
    assert child.wait() == -signal.SIGKILL
    assert before < answer["targets"][0]["seen"] < time.monotonic()


def test_after_a_cut_it_is_there_again(beside: Beside) -> None:
    beside.stream.hello()
    beside.relays[0].kill()
    beside.relays[0].wait()
    child, target = beside.target()
    assert beside.stream.ask("Crash", targets=[target])["targets"]
    assert child.wait() == -signal.SIGKILL
    assert len(beside.relays) == 2


def test_a_cut_before_the_answer_repeats_nothing(beside: Beside) -> None:
    beside.stream.hello()
    child, target = beside.target()
    stopped = beside.relays[0]
    stopped.send_signal(signal.SIGSTOP)  # the order is in the pipe, its answer cannot come
    seq = beside.stream.post("Crash", targets=[target])
    stopped.kill()
    assert f"process {child.pid} " in beside.stream.answer(seq)["targets"][0]["how"]
    again = beside.stream.post("ping")
    assert "now" in beside.stream.answer(again)
    child.wait()


def test_no_agent_is_an_error_in_time(beside: Beside) -> None:
    beside.server.terminate()
    beside.server.wait()
    with pytest.raises(HarnessFailed, match="no answer within 0 s"):
        beside.stream.ask("ping", within=0.3)


@pytest.mark.parametrize("theirs", [1, 3])
def test_an_agent_of_another_version_is_refused_in_words(theirs: int) -> None:
    """Version 1 did not speak of versions; a later one refuses us itself."""
    more = '"boot": "b", "now": 1.0' if theirs == 1 else '"refused": "it speaks version 3"'
    answer = '{"seq": json.loads(line)["seq"], ' + more + "}"
    code = f"import json, sys\nfor line in sys.stdin:\n print(json.dumps({answer}), flush=True)"
    stream = AgentStream("the agent on n", "r", lambda: pipes(code), SYSTEM)
    with pytest.raises(HarnessFailed, match=f"greeting the agent on n: it speaks version {theirs}"):
        stream.hello()
    stream.close()


def pipes(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("said", [{}, {"version": VERSION - 1}, {"version": VERSION + 1}])
def test_an_agent_refuses_a_harness_of_another_version(beside: Beside, said: dict[str, int]) -> None:
    answer = beside.stream.ask("hello", **said)
    assert f"it speaks version {VERSION} of squall's orders, and was asked in version" in answer["refused"]


def test_whatever_its_version_whoever_undoes_is_obeyed(beside: Beside) -> None:
    assert beside.stream.ask("bye")["released"] == []
