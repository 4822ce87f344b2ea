"""The system on which harms to packets are tried on the real cluster, and what its tests share."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from squall.instances import Instance
from squall.platforms.http import status
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.deploy import ANSWER_WITHIN
from squall.system.system import System

CONTEXT = os.environ.get("SQUALL_TEST_CONTEXT", "kind-squall")
SYSTEM = System.read(Path(__file__).parent / "network_system" / "system.yaml")
URL = "http://127.0.0.1:30082"


def platform() -> Kind:
    return Kind(SYSTEM, CONTEXT)


def quiet(_: str) -> None:
    pass


def one(kind: Kind, service: str) -> Instance:
    (instance,) = kind.instances(service)
    return instance


def asked(path: str) -> str:
    """Return the status with which the shop answers a user."""
    return status(URL + path, ANSWER_WITHIN)


def until(wanted: Callable[[], bool], within: float, what: str) -> float:
    """Wait, and return how long it took."""
    began = time.monotonic()
    while not wanted():
        assert time.monotonic() < began + within, f"{what}: not within {within:g} s"
        time.sleep(0.1)
    return time.monotonic() - began


def on_node(node: str, *words: str) -> str:
    done = subprocess.run(["docker", "exec", node, *words], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


def rules_at(instance: Instance) -> str:
    """Return all packet rules in a pod's network, as the node's own nft lists them."""
    uid, container = instance.incarnation.split("/", 1)
    pid = on_node(instance.node, "sh", "-c", f"grep -l {container} /proc/[0-9]*/cgroup | head -1").split("/")[2]
    assert uid
    return on_node(instance.node, "nsenter", "-t", pid, "-n", "nft", "list", "ruleset")
