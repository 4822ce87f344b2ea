"""Sentences that take from instances what their machine gives them: memory, CPU, disk."""

from squall.faults.full_disk import FullDisk
from squall.faults.little_cpu import LittleCpu
from squall.faults.out_of_memory import OutOfMemory
from squall.steps.sentence import sentence
from squall.steps.whom import Whom
from squall.units import percent, seconds


@sentence("when", "{whom:Pod} runs out of memory")
def a_pod_runs_out_of_memory(whom: Whom) -> OutOfMemory:
    """Fill the memory of one instance, or of every one, until the kernel ends it."""
    return OutOfMemory(whom.service, whom.share)


@sentence("when", "{whom:Pods} run out of memory")
def pods_run_out_of_memory(whom: Whom) -> OutOfMemory:
    """Fill the memory of several instances at once, until the kernel ends them."""
    return OutOfMemory(whom.service, whom.share)


@sentence("when", "{whom:Pod} is left with {left:Percent} of a CPU for {lasting:Duration}")
def a_pod_is_left_with_little_cpu(whom: Whom, left: str, lasting: str) -> LittleCpu:
    """Lower the CPU quota of one instance, or of every one, for a time."""
    return LittleCpu(whom.service, whom.share, seconds(lasting), _some(left, "of a CPU"))


@sentence("when", "{whom:Pods} are left with {left:Percent} of a CPU for {lasting:Duration}")
def pods_are_left_with_little_cpu(whom: Whom, left: str, lasting: str) -> LittleCpu:
    """Lower the CPU quota of several instances for a time."""
    return LittleCpu(whom.service, whom.share, seconds(lasting), _some(left, "of a CPU"))


@sentence("when", '{whom:Pod} has "{path:Path}" filled to {level:Percent} for {lasting:Duration}')
def a_pod_has_a_full_disk(whom: Whom, path: str, level: str, lasting: str) -> FullDisk:
    """Fill a volume of one instance, or of every one, to a level for a time."""
    return FullDisk(whom.service, whom.share, seconds(lasting), _inside(path), _some(level, "full"))


@sentence("when", '{whom:Pods} have "{path:Path}" filled to {level:Percent} for {lasting:Duration}')
def pods_have_a_full_disk(whom: Whom, path: str, level: str, lasting: str) -> FullDisk:
    """Fill a volume of several instances to a level for a time."""
    return FullDisk(whom.service, whom.share, seconds(lasting), _inside(path), _some(level, "full"))


def _some(text: str, of: str) -> float:
    if not (share := percent(text)):
        raise ValueError(f"nothing is harmed by 0% {of}; write more" if of == "full" else f"0% {of} stops it; write 1%")
    return share


def _inside(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f'"{path}" is no path inside the pod; write the whole of it, as "/data"')
    return path
