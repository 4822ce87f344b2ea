"""The daemon's events about a project's containers, as they arrive; the stream is opened anew when it is cut."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from squall.agent.scope.docker import Connection, Daemon, DockerFailed
from squall.errors import HarnessFailed
from squall.platforms.containers.project import Project

# What can change an instance. Health checks are execs, of which there are far more.
KINDS = ("create", "start", "die", "oom", "destroy", "pause", "unpause", "rename", "health_status")
CONNECTS_WITHIN = 5.0


class EventStream:
    """One open stream. ``close`` may be called from another thread, and ends the reading."""

    def __init__(self, path: Path, project: Project) -> None:
        self._connection = Connection(path, CONNECTS_WITHIN)
        filters = {"type": ["container"], "event": list(KINDS), **project.filters()}
        try:
            self._connection.connect()
            self._socket = self._connection.sock
            self._answer = Daemon(path).send(self._connection, "GET", "/events", {"filters": filters})
        except (OSError, DockerFailed) as error:
            self._connection.close()
            raise HarnessFailed(f"watching containers: {error}") from error
        # Events may be hours apart.
        self._socket.settimeout(None)

    def events(self) -> Iterator[tuple[str, str]]:
        """Yield the id of the container and what happened, until the stream ends."""
        with suppress(OSError, ValueError, http.client.HTTPException):
            for line in self._answer:
                said = json.loads(line)
                yield str(said["Actor"]["ID"]), str(said["Action"])

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Let go of it; to be called by the one who reads."""
        self._answer.close()
        self._connection.close()
