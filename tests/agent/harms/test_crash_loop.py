"""A crash loop, by a real agent: what a keeper starts again and again is killed each time, and then left alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from squall.agent.harms import crash_loop
from squall.agent.harms.crash_loop import CrashLoopOrder
from squall.agent.scope.processes import Process, start
from squall.agent.scope.scope import Family
from squall.agent.wire import Refused
from tests.agent.running import PROC, eventually

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
# As supervisord does it: whoever ends is started again, under the same name, so many times in all.
KEEPER = """
import os, subprocess, sys
names, most = sys.argv[1].split(","), int(sys.argv[2])
children = {}
for turn in range(most):
    for name in names:
        if name not in children:
            environment = {**os.environ, "SUPERVISOR_PROCESS_NAME": name}
            children[name] = subprocess.Popen(["sleep", "60"], env=environment)
            print(name, children[name].pid, flush=True)
    pid, _ = os.wait()
    children = {name: child for name, child in children.items() if child.pid != pid}
os.wait()
"""


@dataclass
class Keeper:
    process: "subprocess.Popen[bytes]"

    def started(self) -> tuple[str, dict[str, int]]:
        assert self.process.stdout
        name, pid = self.process.stdout.readline().decode().split()
        began = start(PROC, int(pid)) or 0
        return name, {"pid": int(pid), "started": began}

    @property
    def family(self) -> Family:
        return Family("r", PROC, Process(self.process.pid, start(PROC, self.process.pid) or 0))

    def children(self) -> list[int]:
        return [
            int(each) for each in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]


@pytest.fixture
def keep() -> Iterator[Any]:
    kept: list[Keeper] = []

    def begin(names: str, most: int) -> Keeper:
        words = [sys.executable, "-S", "-c", KEEPER, names, str(most)]
        kept.append(Keeper(subprocess.Popen(words, stdout=subprocess.PIPE)))
        return kept[-1]

    yield begin
    for each in kept:
        left = each.children() if each.process.poll() is None else []
        each.process.kill()
        each.process.wait()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert each.process.stdout
        each.process.stdout.close()


def order(*targets: dict[str, int]) -> dict[str, Any]:
    return {"do": "CrashLoop", "seq": 1, "targets": list(targets), "lasts": 60}


def test_each_start_is_killed_until_the_end_and_the_next_one_is_left_alone(keep: Any) -> None:
    keeper = keep("api-0,api-1", 1000)
    _, first = keeper.started()
    _, other = keeper.started()
    eventually(lambda: keeper.family.restart_name(first) == "api-0")
    harm = CrashLoopOrder().pin(order(first), keeper.family)
    assert harm.journal() == {"targets": [first]}
    (effect,) = harm.do()["targets"]
    assert (effect["proven"], "started again, and killed at its start" in effect["how"]) == (True, True)
    assert effect["sent"] <= effect["seen"]
    named = [keeper.started() for _ in range(3)]
    assert {name for name, _ in named} == {"api-0"}
    (ending,) = harm.end()["targets"]
    harm.close()
    assert ending["ending"] == "as stated"
    assert "may still wait (back-off)" in ending["how"]
    # Whoever was started last lives, and the other was never touched.
    left = keeper.children()
    assert other["pid"] in left
    assert len(left) == 2


def test_one_that_nobody_starts_again_is_immune(keep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash_loop, "AGAIN_WITHIN", 0.5)
    keeper = keep("api-0", 1)
    _, only = keeper.started()
    eventually(lambda: keeper.family.restart_name(only) == "api-0")
    harm = CrashLoopOrder().pin(order(only), keeper.family)
    (effect,) = harm.do()["targets"]
    harm.close()
    assert (effect["proven"], "nobody started it again" in effect["how"]) == (False, True)


def test_who_is_kept_by_nobody_is_refused_and_lives(keep: Any) -> None:
    keeper = keep("api-0", 2)
    _, only = keeper.started()
    above = Family("r", PROC, Process(os.getpid(), start(PROC, os.getpid()) or 0))
    with pytest.raises(Refused, match="nobody starts it again"):
        CrashLoopOrder().pin(order(only), above)
    assert only["pid"] in keeper.children()


def test_let_go_of_it_goes_on_no_more(keep: Any) -> None:
    """As after an end that failed, or with the agent: nothing of it needs to be undone."""
    keeper = keep("api-0", 1000)
    _, first = keeper.started()
    eventually(lambda: keeper.family.restart_name(first) == "api-0")
    harm = CrashLoopOrder().pin(order(first), keeper.family)
    harm.do()
    harm.close()
    assert not harm._thread.is_alive()
    assert "1 targets" in CrashLoopOrder().undo(harm.journal())
