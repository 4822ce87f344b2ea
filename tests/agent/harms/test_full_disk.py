"""Volumes that fill up, on real file systems: mounts that a target has for itself, with a real agent beside it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from squall.agent.linux.mounts import Mount, own_mount, shared_with
from squall.agent.wire import Refused
from tests.agent import control_groups
from tests.agent.proc_folder import ProcFolder
from tests.agent.running import Running, eventually

real = pytest.mark.skipif(bool(control_groups.missing()), reason=control_groups.missing())
MIB = 1 << 20


def target_code(mount: str) -> str:
    """Return a target that mounts something in a mount namespace of its own, and says how full it is when asked."""
    return (
        "import os, subprocess, sys\n"
        f"{mount}\n"
        "print(1)\n"
        "for line in sys.stdin:\n"
        "    s = os.statvfs(line.strip()); print(round(100 * (1 - s.f_bavail / s.f_blocks)), flush=True)\n"
    )


def tmpfs(path: Path, options: str) -> str:
    return f"subprocess.run(['mount', '-t', 'tmpfs', '-o', {options!r}, 'tmpfs', {str(path)!r}], check=True)"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.close()


@pytest.fixture
def folders() -> Iterator[dict[str, Path]]:
    with control_groups.group(f"squall-test-{os.getpid()}-disk", memory_max=str(256 * MIB)) as made:
        yield made


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    path = tmp_path / "volume"
    path.mkdir()
    return path


def start(agent: Running, folders: dict[str, Path], code: str) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    child, target = agent.child(target_code(code), ["unshare", "--mount", "--propagation", "private"])
    control_groups.join(folders, child.pid)
    return child, target


def level(child: subprocess.Popen[bytes], path: Path) -> int:
    """Ask the target itself how full it is (%)."""
    assert child.stdin
    assert child.stdout
    child.stdin.write(f"{path}\n".encode())
    child.stdin.flush()
    return int(child.stdout.readline())


@real
def test_it_is_filled_to_the_level_and_given_back(agent: Running, folders: dict[str, Path], volume: Path) -> None:
    child, target = start(agent, folders, tmpfs(volume, "size=32m"))
    agent.serve()
    (told,) = agent.ask("FullDisk", targets=[target], lasts=0.5, path=str(volume), level=90)["targets"]
    assert told["proven"], told
    assert "90.0 % full, 3.2 MiB are free (statvfs)" in told["how"]
    assert level(child, volume) == 90
    eventually(lambda: level(child, volume) == 0)
    (ended,) = agent.ask("end", of=1)["targets"]
    assert ended["ending"] == "as stated"
    assert "0.0 % full again" in ended["how"]


@real
def test_nothing_is_left_by_an_agent_that_was_killed(agent: Running, folders: dict[str, Path], volume: Path) -> None:
    child, target = start(agent, folders, tmpfs(volume, "size=32m"))
    served = agent.serve()
    assert agent.ask("FullDisk", targets=[target], lasts=60, path=str(volume), level=100)["targets"][0]["proven"]
    assert level(child, volume) == 100
    served.kill()
    served.wait()
    eventually(lambda: level(child, volume) == 0)
    agent.serve()
    assert "had no name, and went with its agent" in agent.ask("end", of=1, seq=2)["released"]


@real
def test_what_is_full_already_is_refused(agent: Running, folders: dict[str, Path], volume: Path) -> None:
    _, target = start(
        agent, folders, f"{tmpfs(volume, 'size=8m')}; open({str(volume / 'a')!r}, 'wb').write(bytes(6 << 20))"
    )
    agent.serve()
    refused = agent.ask("FullDisk", targets=[target], lasts=60, path=str(volume), level=50)["refused"]
    assert "75.0 % full already" in refused


@real
def test_a_volume_in_memory_leaves_the_target_its_memory(
    agent: Running, folders: dict[str, Path], volume: Path
) -> None:
    child, target = start(agent, folders, tmpfs(volume, "size=512m"))
    agent.serve()
    refused = agent.ask("FullDisk", targets=[target], lasts=60, path=str(volume), level=90)["refused"]
    assert "of memory left, and filling takes 460.8 MiB" in refused
    assert level(child, volume) == 0


@real
def test_a_link_does_not_lead_out_of_the_volume(agent: Running, folders: dict[str, Path], volume: Path) -> None:
    outside = volume.parent / "outside"
    outside.mkdir()
    link = f"os.symlink({str(outside)!r}, {str(volume / 'link')!r})"
    _, target = start(agent, folders, f"{tmpfs(volume, 'size=8m')}; {link}")
    agent.serve()
    refused = agent.ask("FullDisk", targets=[target], lasts=60, path=str(volume / "link"), level=90)["refused"]
    assert "leads elsewhere than to its mount" in refused
    assert list(outside.iterdir()) == []


@real
@pytest.mark.parametrize(
    ("mount", "text"),
    [("pass", "of its node: it has no size of its own"), ("{tmpfs}", "is in memory and has no size of its own"),
     ("{ro}", "is read-only")],
)  # fmt: skip
def test_what_has_no_size_of_its_own_is_refused(
    agent: Running, folders: dict[str, Path], volume: Path, mount: str, text: str
) -> None:
    code = mount.format(tmpfs=tmpfs(volume, "rw"), ro=tmpfs(volume, "size=8m,ro"))
    _, target = start(agent, folders, code)
    agent.serve()
    assert text in agent.ask("FullDisk", targets=[target], lasts=60, path=str(volume), level=90)["refused"]


@real
@pytest.mark.parametrize(("path", "level"), [("relative", 90), ("/x", 0), ("/x", 101)])
def test_an_order_that_means_nothing_is_refused(
    agent: Running, folders: dict[str, Path], volume: Path, path: str, level: int
) -> None:
    _, target = start(agent, folders, tmpfs(volume, "size=8m"))
    agent.serve()
    assert "not understood" in agent.ask("FullDisk", targets=[target], lasts=60, path=path, level=level)["refused"]


@real
def test_a_target_that_is_gone_took_the_volume_with_it(agent: Running, folders: dict[str, Path], volume: Path) -> None:
    child, target = start(agent, folders, tmpfs(volume, "size=8m"))
    agent.serve()
    assert agent.ask("FullDisk", targets=[target], lasts=60, path=str(volume), level=50)["targets"][0]["proven"]
    child.kill()
    child.wait()
    assert agent.ask("end", of=1)["targets"][0]["ending"] == "target gone"


# What the node and a container of a kind cluster showed (2026-11-21), the options shortened.
NODE = """\
104 69 0:39 / / rw,relatime shared:5 - overlay overlay rw,lowerdir=/a
147 104 254:0 /var/lib/docker/volumes/7c/_data /var rw,relatime shared:46 - ext4 /dev/vda rw,discard
148 104 0:52 / /run rw,nosuid shared:47 - tmpfs tmpfs rw
98 148 0:232 / /run/containerd/io.containerd.grpc.v1.cri/sandboxes/1e/shm rw - tmpfs shm rw,size=65536k
99 147 0:54 / /var/lib/kubelet/pods/f6f4/volumes/kubernetes.io~empty-dir/t rw - tmpfs tmpfs rw,size=8192k
100 147 8:16 / /var/lib/kubelet/plugins/kubernetes.io/csi/x/globalmount rw,relatime shared:27 - ext4 /dev/sdb rw
101 147 8:16 / /var/lib/kubelet/pods/f6f4/volumes/kubernetes.io~csi/y/mount rw,relatime shared:28 - ext4 /dev/sdb rw
102 104 8:32 / /var/lib/kubelet rw,relatime shared:29 - ext4 /dev/sdc rw
"""
CONTAINER = """\
1136 777 0:359 / / rw,relatime master:65 - overlay overlay rw,lowerdir=/a,upperdir=/b
1217 1136 0:54 / /scratch rw,relatime - tmpfs tmpfs rw,size=8192k,noswap
1218 1136 254:0 /var/lib/docker/volumes/7c/_data/lib/kubelet/pods/f6/volumes/d /disk rw,relatime - ext4 /dev/vda rw
1219 1136 8:16 / /data rw,relatime - ext4 /dev/sdb rw
1220 1219 0:60 / /data/in\\040it rw,relatime - tmpfs tmpfs rw,size=8192k
1221 1136 8:32 /pods/f6/volumes/d /other rw,relatime - ext4 /dev/sdc rw
1223 1138 0:232 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k
1224 1136 0:55 / /run/secrets ro,relatime - tmpfs tmpfs rw,size=49152k,noswap
"""


@pytest.fixture
def pod(proc: ProcFolder) -> ProcFolder:
    for pid, text in ((1, NODE), (41, CONTAINER)):
        (proc.path / str(pid)).mkdir()
        (proc.path / str(pid) / "mountinfo").write_text(text)
    return proc


@pytest.mark.parametrize(
    ("path", "device"),
    [
        ("/scratch", "0:54"),
        ("/scratch/deep/er", "0:54"),
        ("/data", "8:16"),
        ("/data/in it", "0:60"),
        ("/data/in", "8:16"),
    ],
)
def test_a_volume_of_its_own_is_told_from_the_nodes_disk(pod: ProcFolder, path: str, device: str) -> None:
    mount = own_mount(pod.path, 41, PurePosixPath(path))
    assert mount.device == device
    assert mount.in_memory == device.startswith("0:")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "in the container's own layer, on the disk of its node"),
        ("/srv", "in the container's own layer"),
        ("/disk", "on the same disk as /var of its node"),
        ("/other", "on the same disk as /var/lib/kubelet of its node"),
        (f"/dev/{'shm'}", "on the same disk as /run/containerd"),
        ("/run/secrets", "is read-only"),
    ],
)
def test_what_would_fill_the_node_is_refused(pod: ProcFolder, path: str, text: str) -> None:
    with pytest.raises(Refused, match=text):
        own_mount(pod.path, 41, PurePosixPath(path))


def test_a_process_that_is_gone_is_refused(pod: ProcFolder) -> None:
    with pytest.raises(Refused, match="is gone"):
        own_mount(pod.path, 42, PurePosixPath("/"))
    assert shared_with(pod.path, Mount.of("1 2 9:9 / /x rw - ext4 /dev/x rw")) == ""
