"""A folder like /proc, written by hand: which process is in which control group, and its number inside."""

from dataclasses import dataclass
from pathlib import Path

UID = "6f1c2d3e-0000-4111-8222-333344445555"
CONTAINER = "ab" * 32
V1 = """\
9:name=systemd:/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable-pod{under}.slice/cri-containerd-{c}.scope
8:pids:/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable-pod{under}.slice/cri-containerd-{c}.scope
0::/
"""
V1_CGROUPFS = "4:memory:/kubepods/burstable/pod{uid}/{c}\n3:cpu,cpuacct:/kubepods/burstable/pod{uid}/{c}\n"
V2 = "0::/kubelet.slice/kubepods.slice/kubepods-burstable-pod{under}.slice/cri-containerd-{c}.scope\n"
V2_RELATIVE = "0::/../../kubepods-besteffort-pod{under}.slice/cri-containerd-{c}.scope\n"
HOST = "9:name=systemd:/system.slice/kubelet.service\n0::/\n"


def in_container(form: str, uid: str = UID, container: str = CONTAINER) -> str:
    return form.format(uid=uid, under=uid.replace("-", "_"), c=container)


@dataclass(frozen=True)
class ProcFolder:
    path: Path

    def add(
        self, pid: int, cgroup: str, numbers: str, started: int = 100, parent: int = 0, namespace: str = ""
    ) -> None:
        folder = self.path / str(pid)
        folder.mkdir(parents=True)
        (folder / "cgroup").write_text(cgroup)
        (folder / "status").write_text(f"Name:\tapp\nNSpid:\t{numbers}\nVmRSS:\t1 kB\n")
        if namespace:
            (folder / "ns").mkdir()
            (folder / "ns" / "pid").symlink_to(f"pid:[{namespace}]")
        fields = ["0"] * 18 + [str(started)] + ["0"] * 10
        fields[0] = str(parent)
        (folder / "stat").write_text(f"{pid} (a name) with) S {' '.join(fields)}\n")
