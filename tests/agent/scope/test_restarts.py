"""What is started in a target's place: in a pod by its container's name, under supervisord by the program's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from squall.agent.scope.processes import Process, start
from squall.agent.scope.scope import Family, Pods
from squall.agent.wire import Refused
from tests.agent.proc_folder import CONTAINER, UID, V1, V1_CGROUPFS, V2, ProcFolder, in_container
from tests.agent.running import PROC, eventually

MOUNT = "612 540 0:41 {root}/pods/{uid}/containers/{name}/1a2b3c4d /dev/termination-log rw - ext4 /dev/sda1 rw\n"
ROOTS = ["/lib/kubelet", "/var/lib/kubelet", "/var/lib/docker/volumes/ab/_data/lib/kubelet"]
TARGET = {"uid": UID, "container": CONTAINER[:12], "probed": []}


def container(proc: ProcFolder, pid: int, name: str, of: str, numbers: str = "", root: str = ROOTS[0]) -> None:
    """Add a process of a container; the pause container has none of the kubelet's mounts."""
    proc.add(pid, of, numbers or f"{pid} 1")
    mount = MOUNT.format(root=root, uid=UID, name=name) if name else "600 540 0:40 / / ro - overlay overlay rw\n"
    (proc.path / str(pid) / "mountinfo").write_text(mount)


@pytest.fixture
def pods(proc: ProcFolder, logs: Path) -> Pods:
    return Pods("r", frozenset({"quantum-rerank"}), proc.path, logs)


@pytest.mark.parametrize("form", [V1, V1_CGROUPFS, V2])
@pytest.mark.parametrize("root", ROOTS)
def test_the_next_container_of_that_name_is_the_targets_successor(
    proc: ProcFolder, pods: Pods, form: str, root: str
) -> None:
    container(proc, 40, "", in_container(form, container="01" * 32))
    container(proc, 41, "app", in_container(form), root=root)
    container(proc, 43, "sidecar", in_container(form, container="03" * 32), root=root)
    name = pods.restart_name(TARGET)
    assert (name, pods.started_again(TARGET, name)) == ("app", None)
    # A sidecar that is started again is not it, nor is a child of the new one, nor what another pod calls so.
    container(proc, 44, "sidecar", in_container(form, container="04" * 32), root=root)
    container(proc, 46, "app", in_container(form, container="06" * 32), "46 7", root=root)
    container(proc, 47, "app", in_container(form, uid=UID[:-1] + "6", container="07" * 32), root=root)
    assert pods.started_again(TARGET, name) is None
    container(proc, 48, "app", in_container(form, container="08" * 32), root=root)
    assert pods.started_again(TARGET, name) == {**TARGET, "container": "08" * 32}
    assert pods.main({**TARGET, "container": "08" * 32}).pid == 48


def test_a_container_without_the_kubelets_mount_cannot_be_followed(proc: ProcFolder, pods: Pods) -> None:
    container(proc, 41, "", in_container(V2))
    with pytest.raises(Refused, match="is not told by its mounts"):
        pods.restart_name(TARGET)


def test_a_pod_that_is_gone_has_no_successor(proc: ProcFolder, pods: Pods, logs: Path) -> None:
    for folder in logs.iterdir():
        folder.rename(folder.with_name("gone"))
    with pytest.raises(Refused, match="is not on this node"):
        pods.started_again(TARGET, "app")


KEEPER = """
import os, subprocess, sys
children = []
while sys.stdin.readline():
    for name in ("api-0", "api-1"):
        children.append(subprocess.Popen(["sleep", "60"], env={**os.environ, "SUPERVISOR_PROCESS_NAME": name}))
        print(children[-1].pid, flush=True)
for child in children:
    child.kill()
"""


@pytest.fixture
def keeper() -> Iterator[Any]:
    child = subprocess.Popen([sys.executable, "-S", "-c", KEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    yield child
    # At the end of its input it ends what it has started.
    child.communicate(timeout=10)


def two(keeper: Any) -> list[dict[str, int]]:
    keeper.stdin.write(b"\n")
    keeper.stdin.flush()
    found = []
    for _ in range(2):
        pid = int(keeper.stdout.readline())
        found.append({"pid": pid, "started": start(PROC, pid) or 0})
    return found


def test_under_supervisord_it_is_the_child_of_that_name(keeper: Any) -> None:
    first, _ = two(keeper)
    family = Family("r", PROC, Process(keeper.pid, start(PROC, keeper.pid) or 0))
    eventually(lambda: family.restart_name(first) == "api-0")
    assert family.started_again(first, "api-0") is None
    again, _ = two(keeper)
    eventually(lambda: family.started_again(first, "api-0") == again)


def test_what_supervisord_did_not_start_itself_is_started_by_nobody(keeper: Any) -> None:
    first, _ = two(keeper)
    family = Family("r", PROC, Process(os.getpid(), start(PROC, os.getpid()) or 0))
    with pytest.raises(Refused, match="nobody starts it again"):
        family.restart_name(first)
