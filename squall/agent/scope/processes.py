"""Finding a container's main process from outside, in a folder like ``/proc``. Nothing here touches a process."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.agent.wire import Refused


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told from a later one with the same number by its start (clock ticks since boot)."""

    pid: int
    started: int


def main_process(proc: Path, uid: str, container: str) -> Process:
    """Return the process that is number 1 in the container's own PID namespace.

    ``container`` is its id or the first characters of it. A process that made a PID namespace inside the container
    lies deeper; the shallowest one is the container's. In a pod whose containers share one namespace, or the host's,
    none is number 1: it is then the first that was started from outside the pod.

    Raises:
        Refused: there is none in this pod, or more than one.
    """
    depths = {pid: depth for pid in pids(proc) if (depth := _first_of(proc, pid, uid, container))}
    nearest = [pid for pid, depth in depths.items() if depth == min(depths.values())] or _begun(proc, uid, container)
    if len(nearest) != 1:
        found = ", ".join(map(str, sorted(nearest))) or "none"
        raise Refused(f"the main process of container {container} in pod {uid} is not to be told (found: {found})")
    if (started := start(proc, nearest[0])) is None:
        raise Refused(f"process {nearest[0]} of container {container} ended while it was looked at")
    return Process(nearest[0], started)


def belongs(proc: Path, pid: int, uid: str, container: str = "") -> bool:
    """Say whether a process is in a control group of that container of that pod; without one, of any.

    Paths end in ``.../pod<uid>/<id>`` (cgroupfs) or ``...-pod<uid>.slice/cri-containerd-<id>.scope`` (systemd, with
    ``_`` for ``-``), one line for each hierarchy of cgroup v1 and a single one (``0::``) of v2.
    """
    pods = "|".join(re.escape(form) for form in {uid, uid.replace("-", "_")})
    inside = re.compile(rf"pod(?:{pods})(?![0-9a-f_-]).*(?<![0-9a-f]){re.escape(container)}[0-9a-f]*(?![0-9a-f])")
    return any(inside.search(line.split(":", 2)[-1]) for line in lines(proc / str(pid) / "cgroup"))


def container_of(proc: Path, pid: int, uid: str) -> str:
    """Return the whole id of the container of that pod in whose control groups a process is; empty: it is in none."""
    pods = "|".join(re.escape(form) for form in {uid, uid.replace("-", "_")})
    inside = re.compile(rf"pod(?:{pods})(?![0-9a-f_-]).*(?<![0-9a-f])([0-9a-f]{{64}})(?![0-9a-f])")
    found = (inside.search(line.split(":", 2)[-1]) for line in lines(proc / str(pid) / "cgroup"))
    return next((match[1] for match in found if match), "")


def container_name(proc: Path, pid: int, uid: str) -> str:
    """Return what a pod calls the container of a process, the same for each start of it; empty: that is not told.

    The kubelet mounts a file of the container's own into it, for its last words
    (``.../pods/<uid>/containers/<name>/<start>``), and ``mountinfo`` says which.
    """
    mounted = re.compile(rf"/pods/{re.escape(uid)}/containers/([^/ ]+)/[^/ ]+$")
    roots = (line.split()[3] for line in lines(proc / str(pid) / "mountinfo") if line.count(" ") > 4)
    return next((match[1] for root in roots if (match := mounted.search(root))), "")


def living(proc: Path, numbers: Sequence[int]) -> list[Process]:
    """Return those that are still there."""
    return [Process(pid, began) for pid in numbers if (began := start(proc, pid)) is not None]


def start(proc: Path, pid: int) -> int | None:
    """Return when a process started (field 22 of ``stat``), or None if it is gone."""
    fields = _stat(proc, pid)
    return int(fields[19]) if len(fields) > 19 else None


def state(proc: Path, pid: int) -> str:
    """Return a process's state (field 3 of ``stat``: R, S, D, T, Z...), or nothing if it is gone."""
    fields = _stat(proc, pid)
    return fields[0] if fields else ""


def children(proc: Path, pid: int) -> list[int]:
    """Return the numbers of all processes that descend from one, by number."""
    parents = {each: int(fields[1]) for each in pids(proc) if (fields := _stat(proc, each))}
    family, new = set[int](), {pid}
    while new := {each for each, parent in parents.items() if parent in new} - family:
        family |= new
    return sorted(family)


def parent(proc: Path, pid: int) -> int:
    """Return the number of a process's parent (field 4 of ``stat``); 0 if it is gone."""
    fields = _stat(proc, pid)
    return int(fields[1]) if len(fields) > 1 else 0


def environment(proc: Path, pid: int, name: str) -> str:
    """Return a variable of the environment that a process was started with; empty: it has none, or is gone."""
    start_of_line = f"{name}="
    said = "\n".join(lines(proc / str(pid) / "environ")).split("\0")
    return next((each.removeprefix(start_of_line) for each in said if each.startswith(start_of_line)), "")


def command_line(proc: Path, pid: int) -> str:
    """Return a process's words, or the title that it has given itself; empty: it is gone, or has none."""
    return "\n".join(lines(proc / str(pid) / "cmdline")).replace("\0", " ").strip()


def first_in_its_namespace(proc: Path, pid: int) -> bool:
    """Say whether a process is number 1 in the innermost PID namespace that it is in."""
    said = (line.split() for line in lines(proc / str(pid) / "status") if line.startswith("NSpid:"))
    return any(words[-1] == "1" for words in said)


def _first_of(proc: Path, pid: int, uid: str, container: str) -> int | None:
    """Return how many PID namespaces deep a process of the container is if it is number 1 in the innermost."""
    if not belongs(proc, pid, uid, container):
        return None
    numbers = _numbers(proc, pid)
    return len(numbers) if numbers[-1:] == ["1"] else None


def _numbers(proc: Path, pid: int) -> list[str]:
    """Return a process's numbers, from the host's PID namespace to the innermost."""
    named = (line for line in lines(proc / str(pid) / "status") if line.startswith("NSpid:"))
    return next(named, "").split()[1:]


def _begun(proc: Path, uid: str, container: str) -> list[int]:
    """Return the container's processes whose parent is outside its pod, of those the ones that started first.

    None, unless the container has not a PID namespace of its own. What was left by its parent is the pause container's,
    in the pod; what ``kubectl exec`` began came later.
    """
    own = [pid for pid in pids(proc) if belongs(proc, pid, uid, container) and _shares(proc, pid, uid)]
    roots = [each for each in living(proc, own) if not belongs(proc, _parent(proc, each.pid), uid)]
    return [each.pid for each in roots if each.started == min(root.started for root in roots)]


def _shares(proc: Path, pid: int, uid: str) -> bool:
    """Say whether a process is in the host's PID namespace, or in one whose number 1 is another container's."""
    if len(_numbers(proc, pid)) == 1:
        return True
    firsts = (each for each in pids(proc) if _numbers(proc, each)[-1:] == ["1"] and belongs(proc, each, uid))
    return (mine := _namespace(proc, pid)) != "" and any(_namespace(proc, each) == mine for each in firsts)


def _namespace(proc: Path, pid: int) -> str:
    try:
        return str((proc / str(pid) / "ns" / "pid").readlink())
    except OSError:
        return ""


def _parent(proc: Path, pid: int) -> int:
    fields = _stat(proc, pid)
    return int(fields[1]) if fields else 0


def pids(proc: Path) -> Iterator[int]:
    """Yield the numbers of all processes."""
    return (int(folder.name) for folder in proc.iterdir() if folder.name.isdigit())


def _stat(proc: Path, pid: int) -> list[str]:
    # The name in field 2 may hold blanks and brackets; nothing after its last bracket does.
    return "\n".join(lines(proc / str(pid) / "stat")).rpartition(")")[2].split()


def lines(path: Path) -> list[str]:
    """Return a file's lines; none if it, or the process that it tells of, is gone."""
    try:
        return path.read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
