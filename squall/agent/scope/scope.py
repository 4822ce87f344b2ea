"""Where an agent works and whom it may harm there. Each kind of scope finds a target's processes, and refuses others.

Nothing here touches a process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from squall.agent.scope.processes import (
    Process,
    belongs,
    children,
    command_line,
    container_name,
    container_of,
    environment,
    first_in_its_namespace,
    living,
    main_process,
    parent,
    pids,
    start,
)
from squall.agent.wire import Message, Refused

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# What supervisord tells each process that it starts (supervisord.org, subprocess environment).
CALLED = "SUPERVISOR_PROCESS_NAME"


class Scope(Protocol):
    """The run whose orders are taken, the folder that tells which process is whose, and who may be harmed."""

    @property
    def run(self) -> str:
        """The run."""
        ...

    @property
    def proc(self) -> Path:
        """A folder like ``/proc``."""
        ...

    def main(self, target: Message) -> Process:
        """Return a target's main process. Raises Refused: it is not there, or not to be touched."""
        ...

    def holds(self, target: Message, process: Process) -> bool:
        """Say whether a process is one of the target's, now."""
        ...

    def members(self, target: Message) -> Sequence[Process]:
        """Return all processes of a target, its main process first."""
        ...


@runtime_checkable
class KnowsRestarts(Protocol):
    """A scope that finds what was started in the place of a target that ended."""

    def restart_name(self, target: Message) -> str:
        """Return what whoever starts a target again calls it, for ``started_again``. Raises Refused: it is not told."""
        ...

    def started_again(self, target: Message, name: str) -> Message | None:
        """Return the target as it is after another start; None: it runs no more, or is still the same.

        Raises Refused: whatever it was started in is gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pods:
    """A node of a cluster, and the namespaces whose pods may be harmed. Targets: ``{"uid", "container"}``."""

    run: str
    namespaces: frozenset[str]
    proc: Path
    logs: Path

    def main(self, target: Message) -> Process:
        """Return the process that is number 1 in the container."""
        uid = str(target["uid"])
        self._admit(uid)
        return main_process(self.proc, uid, str(target["container"]))

    def holds(self, target: Message, process: Process) -> bool:
        """Say whether it is in a control group of that container of that pod."""
        return start(self.proc, process.pid) == process.started and belongs(
            self.proc, process.pid, str(target["uid"]), str(target["container"])
        )

    def members(self, target: Message) -> Sequence[Process]:
        """Return all that is in the container's control groups."""
        main = self.main(target)
        uid, container = str(target["uid"]), str(target["container"])
        others = [pid for pid in pids(self.proc) if pid != main.pid and belongs(self.proc, pid, uid, container)]
        return [main, *living(self.proc, others)]

    def restart_name(self, target: Message) -> str:
        """Return the container's name in its pod: the sidecars and the pause container have others, or none."""
        main, uid = self.main(target), str(target["uid"])
        if not (name := container_name(self.proc, main.pid, uid)):
            raise Refused(f"the name of the container of process {main.pid} is not told by its mounts")
        return name

    def started_again(self, target: Message, name: str) -> Message | None:
        """Return the container of that name that runs now: each start of it has an id of its own."""
        uid, before = str(target["uid"]), str(target["container"])
        self._admit(uid)
        for pid in pids(self.proc):
            container = container_of(self.proc, pid, uid)
            if not container or container.startswith(before) or not first_in_its_namespace(self.proc, pid):
                continue
            if container_name(self.proc, pid, uid) == name:
                return {**target, "container": container}
        return None

    def _admit(self, uid: str) -> None:
        """Refuse a pod whose namespace is not allowed.

        The namespace is read at the node and not taken from the order: the kubelet names a pod's log folder
        ``NAMESPACE_NAME_UID``.
        """
        names = [folder.name for folder in self.logs.glob(f"*_{uid}")]
        if not names:
            raise Refused(f"pod {uid} is not on this node (no log folder of it in {self.logs})")
        if (namespace := names[0].split("_")[0]) not in self.namespaces:
            raise Refused(f"pod {uid} is in the namespace {namespace}, which is not to be touched")


@dataclass(frozen=True, slots=True)
class Family:
    """The processes that one process started, and theirs. Targets: ``{"pid", "started"}`` (ticks since boot)."""

    run: str
    proc: Path
    head: Process

    def main(self, target: Message) -> Process:
        """Return the process itself."""
        process = Process(int(target["pid"]), int(target["started"]))
        if start(self.proc, process.pid) != process.started:
            raise Refused(f"process {process.pid} is gone, or another has its number")
        if not self._descends(process.pid):
            raise Refused(f"process {process.pid} was not started by process {self.head.pid}: it is not to be touched")
        return process

    def holds(self, target: Message, process: Process) -> bool:
        """Say whether it is the target or descends from it."""
        same = start(self.proc, process.pid) == process.started
        return same and (process.pid == int(target["pid"]) or process.pid in children(self.proc, int(target["pid"])))

    def members(self, target: Message) -> Sequence[Process]:
        """Return the process and all that descend from it."""
        main = self.main(target)
        return [main, *living(self.proc, children(self.proc, main.pid))]

    def restart_name(self, target: Message) -> str:
        """Return what supervisord, which is the head, calls it; or its title, if it has written that over the name."""
        main = self.main(target)
        if parent(self.proc, main.pid) != self.head.pid:
            raise Refused(f"process {main.pid} was not started by supervisord itself: nobody starts it again")
        return self._called(main.pid)

    def started_again(self, target: Message, name: str) -> Message | None:
        """Return the child of supervisord that is called so."""
        before = Process(int(target["pid"]), int(target["started"]))
        ours = (pid for pid in pids(self.proc) if parent(self.proc, pid) == self.head.pid)
        for process in living(self.proc, [pid for pid in ours if self._called(pid) == name]):
            if process != before:
                return {**target, "pid": process.pid, "started": process.started}
        return None

    def _called(self, pid: int) -> str:
        # Servers that show a title (Valkey) write it over their environment.
        return environment(self.proc, pid, CALLED) or command_line(self.proc, pid)

    def _descends(self, pid: int) -> bool:
        return start(self.proc, self.head.pid) == self.head.started and pid in children(self.proc, self.head.pid)


def boot_id() -> str:
    """Return the kernel's boot id: processes with the same one read the same CLOCK_MONOTONIC."""
    return BOOT_ID.read_text().strip()
