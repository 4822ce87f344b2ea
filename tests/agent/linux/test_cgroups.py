"""Control groups as version 1 and version 2 show them, in files written by hand."""

import subprocess
import threading
import time
from pathlib import Path

import pytest

from squall.agent.harms import little_cpu
from squall.agent.harms.contract import AS_STATED, BY_OTHERS
from squall.agent.harms.little_cpu import LittleCpuOrder
from squall.agent.linux.cgroups import Group, group_of, memory_limit, memory_spare, memory_used
from squall.agent.scope.processes import Process
from squall.agent.scope.scope import Pods
from squall.agent.wire import Message, Refused
from tests.agent.proc_folder import CONTAINER, HOST, UID, V1, V1_CGROUPFS, V2, V2_RELATIVE, ProcFolder, in_container

TARGET: Message = {"uid": UID, "container": CONTAINER[:12]}
SLICE = f"kubelet.slice/kubepods.slice/kubepods-burstable-pod{UID.replace('-', '_')}.slice"
ELSEWHERE = (
    f"kubelet.slice/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{UID.replace('-', '_')}.slice"
)
SCOPE = f"cri-containerd-{CONTAINER}.scope"


def place(proc: ProcFolder) -> Pods:
    return Pods("r", frozenset({"quantum-rerank"}), proc.path, proc.path)


def folder(proc: ProcFolder, path: str, pid: int = 41, **files: str) -> Path:
    made = proc.path / "1/root/sys/fs/cgroup" / path
    made.mkdir(parents=True)
    (made / "cgroup.procs").write_text(f"7\n{pid}\n")
    for name, text in files.items():
        (made / name.replace("_", ".", 1)).write_text(text)
    return made


def found(proc: ProcFolder, controller: str = "memory") -> Group:
    return group_of(controller, TARGET, Process(41, 100), place(proc))


@pytest.mark.parametrize(("form", "under"), [(V2, SLICE), (V2_RELATIVE, ELSEWHERE)])
def test_version_2_is_found_from_beside_it_too(proc: ProcFolder, form: str, under: str) -> None:
    proc.add(41, in_container(form), "41 1")
    made = folder(proc, f"{under}/{SCOPE}", memory_max="67108864", memory_current="4096")
    folder(proc, "another.slice/" + SCOPE.replace("ab", "cd"), 99)
    group = found(proc)
    assert (group.path, group.unified) == (made, True)
    assert (memory_limit(group), memory_used(group)) == (67108864, 4096)


def test_version_1_has_a_folder_for_each_controller(proc: ProcFolder) -> None:
    proc.add(41, in_container(V1_CGROUPFS), "41 1")
    made = folder(proc, f"memory/kubepods/burstable/pod{UID}/{CONTAINER}")
    (made / "memory.limit_in_bytes").write_text("9223372036854771712")
    (made / "memory.usage_in_bytes").write_text("8192")
    cpu = folder(proc, f"cpu/kubepods/burstable/pod{UID}/{CONTAINER}")
    group = found(proc)
    assert (group.path, group.unified, found(proc, "cpu").path) == (made, False, cpu)
    assert (memory_limit(group), memory_used(group)) == (None, 8192)


def test_no_limit_reads_as_none_in_version_2(proc: ProcFolder) -> None:
    proc.add(41, in_container(V2), "41 1")
    folder(proc, f"{SLICE}/{SCOPE}", memory_max="max\n")
    assert memory_limit(found(proc)) is None


def test_groups_that_a_container_made_are_inside_its_own(proc: ProcFolder) -> None:
    proc.add(41, in_container(V2).replace(".scope", ".scope/app/worker"), "41 1")
    own = folder(proc, f"{SLICE}/{SCOPE}", 40, memory_max="67108864")
    leaf = folder(proc, f"{SLICE}/{SCOPE}/app/worker", memory_max="max")
    group = found(proc)
    assert (group.path, group.leaf) == (own, leaf)
    assert memory_limit(group) == 67108864


@pytest.mark.parametrize(
    ("cgroup", "text"),
    [(HOST, "no control group of its own for memory"), ("0::/\n", "no control group of its own"),
     (in_container(V1), "no control group of its own for memory"), (in_container(V2), "is not found in")],
)  # fmt: skip
def test_what_is_not_the_containers_is_refused(proc: ProcFolder, cgroup: str, text: str) -> None:
    proc.add(41, cgroup, "41 1")
    (proc.path / "1/root/sys/fs/cgroup").mkdir(parents=True)
    with pytest.raises(Refused, match=text):
        found(proc)


def test_a_folder_in_which_the_process_is_not_listed_is_another(proc: ProcFolder) -> None:
    proc.add(41, in_container(V2), "41 1")
    folder(proc, f"{SLICE}/{SCOPE}", 99)
    with pytest.raises(Refused, match="is not found in"):
        found(proc)


def test_what_the_machine_has_to_spare(proc: ProcFolder) -> None:
    (proc.path / "meminfo").write_text("MemTotal:  100 kB\nMemAvailable:   12 kB\n")
    assert memory_spare(proc.path) == 12 * 1024


STAT = "usage_usec 1\nnr_periods 10\nnr_throttled {times}\nthrottled_usec {waited}\n"


class Kernel(threading.Thread):
    """Throttles a group of version 2 once its quota is low, as the kernel does."""

    def __init__(self, group: Path) -> None:
        super().__init__(daemon=True)
        self._group = group

    def run(self) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if (self._group / "cpu.max").read_text() == "5000 100000":
                (self._group / "cpu.stat").write_text(STAT.format(times=3, waited=140_000))
                return
            time.sleep(0.005)


def test_a_quota_of_version_2_is_lowered_and_put_back(
    proc: ProcFolder, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # These folders play control groups, and lie on an ordinary file system, where no undo writes.
    monkeypatch.setattr(little_cpu, "is_control_group", lambda path: True)
    child = subprocess.Popen(["sleep", "60"])
    try:
        proc.add(child.pid, in_container(V2), f"{child.pid} 1")
        made = folder(
            proc, f"{SLICE}/{SCOPE}", child.pid, cpu_max="max 100000", cpu_stat=STAT.format(times=0, waited=0)
        )
        on = Pods("r", frozenset({"quantum-rerank"}), proc.path, logs)
        starving = LittleCpuOrder().pin({"targets": [TARGET], "share": 0.05}, on)
        entry = starving.journal()
        Kernel(made).start()
        (told,) = starving.do()["targets"]
        assert told["proven"], told
        assert "kept waiting for 0.140 s" in told["how"]
        (ended,) = starving.end()["targets"]
        assert (ended["ending"], (made / "cpu.max").read_text()) == (AS_STATED, "max 100000")
        (made / "cpu.max").write_text("5000 100000")
        assert "is max 100000 again" in LittleCpuOrder().undo(entry)
        (made / "cpu.max").write_text("20000 100000")
        assert "not ours" in LittleCpuOrder().undo(entry)
        assert starving.end()["targets"][0]["ending"] == BY_OTHERS
        starving.close()
    finally:
        child.kill()
        child.wait()
