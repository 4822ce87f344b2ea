"""supervisord as its users reach it: XML-RPC over its UNIX socket. The only module that speaks it."""

import http.client
import socket
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from squall.clock import Clock
from squall.errors import HarnessFailed
from squall.waiting import until

ANSWERS_WITHIN = 5.0
# Longer than any grace that a system file is likely to give.
STOPPED_WITHIN = 60.0
LOOK_EVERY = 0.02
# supervisor.xmlrpc.Faults: already started; not running.
ALREADY_STARTED, NOT_RUNNING = 60, 70


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """What supervisord says of a process; ``pid`` is 0 when there is none."""

    name: str
    state: str
    pid: int
    error: str


class Supervisord:
    """A connection; one for each thread. Each method raises HarnessFailed when supervisord does not do it."""

    def __init__(self, path: Path) -> None:
        self._proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=_Transport(path))

    def processes(self) -> Mapping[str, ProcessInfo]:
        """Return all processes by name."""
        said = self._ask("supervisor.getAllProcessInfo")
        return {
            each["name"]: ProcessInfo(each["name"], each["statename"], int(each["pid"]), each["spawnerr"])
            for each in said
        }

    def start(self, name: str) -> None:
        """Start a process, without waiting until it is up; one that runs is left alone."""
        self._ask("supervisor.startProcess", name, False, passing=ALREADY_STARTED)

    def stop(self, name: str) -> None:
        """Tell a process to stop, without waiting; supervisord kills it when its grace is over."""
        self._ask("supervisor.stopProcess", name, False, passing=NOT_RUNNING)

    def await_stopped(self, name: str, clock: Clock) -> str:
        """Wait until a process that is being stopped has ended, and return its state."""
        return until(
            f"stopping {name}",
            lambda: self.processes()[name].state,
            within=STOPPED_WITHIN,
            every=LOOK_EVERY,
            clock=clock,
            done=lambda state: state != "STOPPING",
        )

    def version(self) -> str:
        """Return supervisord's own version."""
        return str(self._ask("supervisor.getSupervisorVersion"))

    def close(self) -> None:
        self._proxy("close")()

    def _ask(self, method: str, *arguments: object, passing: int = 0) -> Any:
        try:
            return getattr(self._proxy, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == passing:
                return None
            raise HarnessFailed(f"asking supervisord for {method}{arguments}: {fault.faultString}") from fault
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise HarnessFailed(f"asking supervisord for {method}: {error or type(error).__name__}") from error


class _Transport(xmlrpc.client.Transport):
    """XML-RPC's transport over a UNIX socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """Return the one connection, which is kept."""
        if self._connection[1] is None:
            self._connection = (host, _Connection(self._path))
        assert self._connection[1] is not None  # noqa: S101 - made above
        return self._connection[1]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("127.0.0.1", timeout=ANSWERS_WITHIN)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
