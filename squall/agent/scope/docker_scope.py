"""Containers of one Docker host as targets of an agent on that host: only those that carry the run's label."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from squall.agent.scope.docker import Daemon, DockerFailed
from squall.agent.scope.processes import Process, lines, living, pids, start
from squall.agent.wire import Message, Refused

# On everything that a run makes on a Docker host.
RUN = "squall.dev/run"


@dataclass(frozen=True, slots=True)
class Containers:
    """A Docker host. Targets: ``{"container": whole id, "started": the daemon's StartedAt}``."""

    run: str
    proc: Path
    daemon: Daemon

    def main(self, target: Message) -> Process:
        """Return the process that the daemon calls the container's, if its control group says the same."""
        container = str(target["container"])
        pid = self._admit(container, str(target["started"]))
        if not contained(self.proc, pid, container):
            raise Refused(f"process {pid} is not in container {container[:12]}: is this the Docker host itself?")
        if (began := start(self.proc, pid)) is None:
            raise Refused(f"process {pid} of container {container[:12]} ended while it was looked at")
        return Process(pid, began)

    def holds(self, target: Message, process: Process) -> bool:
        """Say whether it is in a control group of that container."""
        same = start(self.proc, process.pid) == process.started
        return same and contained(self.proc, process.pid, str(target["container"]))

    def members(self, target: Message) -> Sequence[Process]:
        """Return all that is in the container's control groups."""
        main, container = self.main(target), str(target["container"])
        others = [pid for pid in pids(self.proc) if pid != main.pid and contained(self.proc, pid, container)]
        return [main, *living(self.proc, others)]

    def restart_name(self, target: Message) -> str:
        """Return the container's id, which it keeps."""
        self.main(target)
        return str(target["container"])

    def started_again(self, target: Message, name: str) -> Message | None:
        """Return the container as the daemon has started it since."""
        state = self._state(name)
        if not state["Pid"] or state["StartedAt"] == str(target["started"]):
            return None
        return {**target, "started": state["StartedAt"]}

    def _admit(self, container: str, began: str) -> int:
        """Return the number of a running container's process; whose it is, is asked of the daemon, not of the order."""
        state = self._state(container)
        if not state["Pid"] or state["StartedAt"] != began:
            raise Refused(f"container {container[:12]} is no longer what was chosen: it is {state['Status']}")
        return int(state["Pid"])

    def _state(self, container: str) -> Mapping[str, Any]:
        """Return what the daemon says of a container of the run's. Raises Refused: it is not there, or another's."""
        try:
            found = self.daemon.get(f"/containers/{container}/json")
        except DockerFailed as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise Refused(f"there is no container {container[:12]}") from error
            raise Refused(str(error)) from error
        whose = (found["Config"].get("Labels") or {}).get(RUN)
        if found["Id"] != container or whose != self.run:
            raise Refused(f"container {container[:12]} was not made by this run: it is not to be touched")
        state: Mapping[str, Any] = found["State"]
        return state


def contained(proc: Path, pid: int, container: str) -> bool:
    """Say whether a process is in a control group of a container.

    Paths hold ``/docker/<id>`` (cgroupfs) or ``docker-<id>.scope`` (systemd), one line for each hierarchy of cgroup v1
    and a single one (``0::``) of v2; the whole id has 64 hexadecimal digits.
    """
    inside = re.compile(rf"(?<![0-9a-f]){re.escape(container)}(?![0-9a-f])")
    return any(inside.search(line.split(":", 2)[-1]) for line in lines(proc / str(pid) / "cgroup"))
