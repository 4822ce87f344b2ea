"""Blows to what a run on kind leans on: its agents, the API server, the node of an agent.

Each is over by itself, whatever becomes of this process: processes of their own see to it, and others after them.
"""

import os
import subprocess
import time
from collections.abc import Sequence

from squall.platforms.kind.machine import control_planes, end_containers
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.labels import OURS, RUN, label
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.objects.pods import containers

# Seconds for which they are away; and after which somebody else brings them back, if nobody has.
API_AWAY, NODE_AWAY = 30, 15
AT_LAST = 60
STOPPED_WITHIN = 10.0
_FREEZE = f"pid=$(pgrep -x kube-apiserver); kill -STOP $pid; sleep {API_AWAY}; kill -CONT $pid"
_THAW = f"sleep {AT_LAST}; kill -CONT $(pgrep -x kube-apiserver)"


def end_agents(kind: Kind, run: str) -> int:
    """Kill the containers of the run's agents, and return how many there were."""
    found = _agents(kind, run)
    for pod in found:
        end_containers(pod["spec"]["nodeName"], containers(pod))
    return len(found)


def freeze_api_server(kind: Kind) -> int:
    """Stop the process of the API server for a while; it stands still when this returns 1."""
    (node,) = control_planes(kind.context.removeprefix("kind-"))
    for script in (_THAW, _FREEZE):
        _docker("exec", "-d", node, "sh", "-c", script)
    deadline = time.monotonic() + STOPPED_WITHIN
    while "T" not in _docker("exec", node, "sh", "-c", "cut -d' ' -f3 /proc/$(pgrep -x kube-apiserver)/stat"):
        assert time.monotonic() < deadline, "the API server does not stand still"
        time.sleep(0.05)
    return 1


def stop_node(kind: Kind, run: str) -> int:
    """End the node of one of the run's agents at once, and start it again after a while; return how many there were."""
    nodes = {pod["spec"]["nodeName"] for pod in _agents(kind, run)}
    for node in sorted(nodes)[:1]:
        for seconds in (AT_LAST, NODE_AWAY):
            _aside(f"sleep {seconds}; docker start {node}")
        _docker("kill", node)
    return len(nodes)


def _agents(kind: Kind, run: str) -> Sequence[Object]:
    return kind.harm_context.api.items(within(OURS, "pod"), {"labelSelector": f"{RUN}={label(run)}"})


def _aside(script: str) -> None:
    """Start a shell that outlives this process, and has nothing of its environment."""
    subprocess.Popen(
        ["sh", "-c", script], start_new_session=True, env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout
