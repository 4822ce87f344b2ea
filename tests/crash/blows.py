"""What strikes a run at one of its steps: its harness ends, with or without its guard; or a part that it leans on does.

The harness's own end is SIGKILL. Each other blow is over by itself, whatever becomes of the run.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from squall.platforms.kind_machine import control_planes
from tests.crash.cases import Case

API_AWAY, NODE_AWAY = 30, 20
AGENT = b"squall.agent\0serve"


def harness(case: Case) -> None:
    """End the harness; its guard lives."""
    os.kill(os.getpid(), signal.SIGKILL)


def harness_and_guard(case: Case) -> None:
    """End both, the guard first."""
    for pid in _children(b"squall.guard"):
        os.kill(pid, signal.SIGKILL)
    harness(case)


def agent(case: Case) -> None:
    """End the agents, and let the run go on."""
    if case.platform == "local":
        for pid in _children(AGENT):
            os.kill(pid, signal.SIGKILL)
        return
    for node in ("squall-worker", "squall-worker2"):
        subprocess.run(["docker", "exec", node, "pkill", "-9", "-f", "squall.agent serve"], check=False, timeout=20)


def api_server(case: Case) -> None:
    """Stop the API server's process for half a minute."""
    (node,) = control_planes("squall")
    _aside(f"docker exec {node} sh -c 'kill -STOP $(pgrep -x kube-apiserver); sleep {API_AWAY}; "
           "kill -CONT $(pgrep -x kube-apiserver)'")  # fmt: skip
    time.sleep(1)


def node(case: Case) -> None:
    """Stop the node of an agent's target as by a power cut, and start it again."""
    _aside(f"docker kill squall-worker squall-worker2; sleep {NODE_AWAY}; docker start squall-worker squall-worker2")
    time.sleep(1)


BLOWS: Mapping[str, Callable[[Case], None]] = {
    "harness": harness,
    "both": harness_and_guard,
    "agent": agent,
    "api": api_server,
    "node": node,
}
# Those after which the run goes on.
SURVIVED = {"agent", "api", "node"}


def _aside(script: str) -> None:
    subprocess.Popen(["sh", "-c", script], start_new_session=True, stdin=subprocess.DEVNULL,
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def _children(module: bytes) -> list[int]:
    """Return the descendants of this process that run a module of ours."""
    own, found = {os.getpid()}, []
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            words = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent in own:
            own.add(int(stat.parent.name))
            found += [int(stat.parent.name)] if module in words else []
    return found
