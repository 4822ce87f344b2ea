"""What an instance's machine is made to take from it, on the real cluster: memory, CPU, a volume's space."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from squall.faults.crash_loop import CrashLoop
from squall.faults.fault import Fault, Target
from squall.faults.full_disk import FullDisk
from squall.faults.little_cpu import LittleCpu
from squall.faults.out_of_memory import OutOfMemory
from squall.instances import ONE, Ended
from squall.platforms.kind.platform import Kind
from squall.safety.undo_log import UndoLog, perform
from squall.system.system import System
from tests.kind.account import kubectl
from tests.kind.gate import CONTEXT
from tests.kind.networks import on_node
from tests.platforms.carrying import begun, bitten, injected, missed, undone
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

SYSTEM = System.read(Path(__file__).parent / "machine_system" / "system.yaml")
LASTS = 3.0
BACK_WITHIN = 60.0


@pytest.fixture(scope="module", autouse=True)
def mill() -> Iterator[None]:
    """Take the mill away at the end: it grinds for ever."""
    yield
    kubectl("delete", "namespace", "squall-machine", "--ignore-not-found", "--wait=false")


@pytest.fixture
def kind(run: str) -> Iterator[Kind]:
    with closing(Kind(SYSTEM, CONTEXT)) as on:
        on.check()
        lease = on.claim_run(run)
        on.deploy((), lambda text: None)
        yield on
        perform(lease)


def test_the_kernel_ends_one_that_runs_out_of_memory_and_the_platform_says_so(
    kind: Kind, run: str, tmp_path: Path
) -> None:
    fault = OutOfMemory("mill", ONE)
    (before,) = kind.instances("mill")
    (proof,) = bitten(kind, fault, tmp_path, run)
    assert "memory" in proof.how
    until(lambda: [each.ready for each in kind.instances("mill")] == [True], BACK_WITHIN)
    (after,) = kind.instances("mill")
    assert after.incarnation != before.incarnation
    assert fault.confirmed(Target(kind, [before], run)) == [(before.name, "the platform says OOMKilled")]


def test_one_that_ends_at_each_start_waits_in_a_back_off_and_comes_back(kind: Kind, run: str, tmp_path: Path) -> None:
    fault = CrashLoop("idler", ONE, 20.0)
    log = UndoLog(tmp_path / "undo.jsonl")
    target, _ = begun(kind, fault, log, run)
    (before,) = target.instances
    waits = [(before.name, "the platform waits before it starts it again (back-off)")]
    try:
        (proof,) = injected(fault, target)
        assert "started again, and killed at its start" in proof.how
        until(lambda: fault.confirmed(target) == waits, BACK_WITHIN)
        (ending,) = fault.end(target)
        assert ending.ended is Ended.AS_STATED, ending
    finally:
        undone(log)
    # The kubelet waits 10 s after the second end in a row, and the harm is over by then.
    until(lambda: [each.ready for each in kind.instances("idler")] == [True], BACK_WITHIN)


def test_one_that_wants_more_cpu_than_it_is_left_is_kept_waiting(kind: Kind, run: str, tmp_path: Path) -> None:
    quota = quotas(kind)
    (proof,) = bitten(kind, LittleCpu("mill", ONE, LASTS, percent=5.0), tmp_path, run)
    assert "waiting" in proof.how
    assert quotas(kind) == quota


def test_a_volume_is_full_inside_and_empty_again(kind: Kind, run: str, tmp_path: Path) -> None:
    (proof,) = bitten(kind, FullDisk("mill", ONE, LASTS, path="/scratch", level=95.0), tmp_path, run)
    assert "/scratch" in proof.how
    (one,) = kind.instances("mill")
    assert taken(one.name) == 0


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (OutOfMemory("idler", ONE), "limit"),
        (LittleCpu("idler", ONE, LASTS, percent=20.0), "wanted no more CPU"),
        (FullDisk("idler", ONE, LASTS, path="/scratch", level=90.0), "/scratch"),
    ],
    ids=["no limit of memory", "idle", "a folder of the node"],
)
def test_one_from_which_it_cannot_be_taken_is_immune(
    kind: Kind, run: str, tmp_path: Path, fault: Fault, why: str
) -> None:
    (before,) = kind.instances("idler")
    (evidence,) = missed(kind, fault, tmp_path, run)
    assert why in evidence.how
    assert [(each.incarnation, each.ready) for each in kind.instances("idler")] == [(before.incarnation, True)]


def quotas(kind: Kind) -> str:
    """Return the CPU quota of the mill's container, as its node's kernel has it."""
    (one,) = kind.instances("mill")
    container = one.incarnation.split("/", 1)[1]
    find = f"cat $(find /sys/fs/cgroup -path '*{container}*' \\( -name cpu.cfs_quota_us -o -name cpu.max \\))"
    return on_node(one.node, "sh", "-c", find)


def taken(pod: str) -> int:
    """Return how many blocks of the volume are taken, as seen inside."""
    return int(kubectl("-n", "squall-machine", "exec", pod, "--", "df", "--output=used", "/scratch").split()[-1])
