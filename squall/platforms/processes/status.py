"""How each process is now: what supervisord says of it, what Envoy does with it, and whether it answered by itself.

supervisord knows only that a process runs, and Envoy keeps its word on a port for some checks after the process
behind it has changed. So a new process counts as ready only once it has answered on its own port; from then on Envoy
says whether it is.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from squall.errors import HarnessFailed
from squall.platforms.http import status
from squall.platforms.processes.envoy import Envoy
from squall.platforms.processes.programs import Layout, PlannedProcess
from squall.platforms.processes.revision import running
from squall.platforms.processes.supervisord import ProcessInfo, Supervisord
from squall.platforms.this_machine.instance_folder import InstanceFolder
from squall.platforms.this_machine.ports import HOST, listens
from squall.process.identity import start_time

ANSWERS_WITHIN = 0.25
BACKING_OFF = {"BACKOFF", "FATAL"}


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process at a moment. ``incarnation`` is its number and start, empty when there is none.

    ``served``: whether Envoy sends it requests (None: no Envoy is in front). ``why`` says why it is not ready.
    ``revision`` is the version of its program; empty as long as it is not known, and for what has no versions.
    """

    name: str
    incarnation: str
    state: str
    ready: bool
    served: bool | None
    why: str = ""
    revision: str = ""


class StatusReader:
    """Looks at the processes of one platform instance. For one thread; ``look`` raises HarnessFailed."""

    def __init__(self, state: InstanceFolder, layout: Layout) -> None:
        self._state, self._layout = state, layout
        self._supervisord = Supervisord(state.socket)
        self._envoys = {front: Envoy(admin) for front, admin in layout.admins.items()}
        self._healthy: dict[str, Mapping[int, bool]] = {}
        self._answered: set[str] = set()
        self._revisions: dict[str, str] = {}

    def look(self) -> Mapping[str, ProcessStatus]:
        """Return every process by name."""
        said = self._supervisord.processes()
        for front, envoy in self._envoys.items():
            # An Envoy that is down says nothing, and what was behind it stays as it was.
            with suppress(HarnessFailed):
                self._healthy[front] = envoy.healthy()
        return {name: self._seen(process, said[name]) for name, process in self._layout.processes.items()}

    def close(self) -> None:
        self._supervisord.close()
        for envoy in self._envoys.values():
            envoy.close()

    def _seen(self, process: PlannedProcess, said: ProcessInfo) -> ProcessStatus:
        incarnation, served = incarnation_of(said.pid), self._served(process)
        why = said.error or said.state.lower()
        if incarnation and incarnation not in self._answered:
            if answer := unanswered(process):
                why = answer
            else:
                self._answered.add(incarnation)
        answered = incarnation in self._answered
        if answered and served is False:
            why = "Envoy sends it nothing"
        ready = bool(incarnation) and answered and served is not False
        why = "" if ready else why
        return ProcessStatus(
            process.name, incarnation, said.state, ready, served, why, self._revision(process, incarnation)
        )

    def _revision(self, process: PlannedProcess, incarnation: str) -> str:
        """Return a process's version; it is read until it is there, and then never changes."""
        if process.spec.revision and incarnation and not self._revisions.get(incarnation):
            self._revisions[incarnation] = running(self._state, process.name, incarnation)
        return self._revisions.get(incarnation, "")

    def _served(self, process: PlannedProcess) -> bool | None:
        if process.service not in self._layout.fronted:
            return None
        return any(healthy.get(process.reached, False) for healthy in self._healthy.values())


def unanswered(process: PlannedProcess) -> str:
    """Ask a process itself; say how it does not answer as one that is ready, or nothing."""
    if process.ready is None:
        return "" if listens(process.port, ANSWERS_WITHIN) else "does not listen"
    said = status(f"http://{HOST}:{process.port}{process.ready}", ANSWERS_WITHIN)
    return "" if said == str(HTTPStatus.OK.value) else f"{process.ready} answers {said}"


def incarnation_of(pid: int) -> str:
    """Return a process's number and start (clock ticks since boot), or an empty text if it is gone."""
    start = start_time(pid) if pid else None
    return f"{pid}/{start.rpartition('/')[2]}" if start else ""


def age(incarnation: str) -> float:
    """Return for how long a process has run, in seconds."""
    ticks = int(incarnation.partition("/")[2])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
