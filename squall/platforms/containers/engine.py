"""What a project has at the Docker daemon: listed, inspected, removed. Whatever lacks its labels is never touched."""

import os
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from squall.agent.scope.docker import Daemon, DockerFailed
from squall.errors import HarnessFailed, Misuse
from squall.platforms.containers.project import Project

Object = Mapping[str, Any]

SOCKET = Path("/var/run/docker.sock")
_UNIX = "unix://"
# Removing a container ends its processes first.
REMOVED_WITHIN = 30.0
_STREAMS = 8


def daemon_socket() -> Path:
    """Return where the daemon of this machine listens, as DOCKER_HOST says.

    Raises:
        Misuse: it is another machine's.
    """
    given = os.environ.get("DOCKER_HOST", "")
    if not given:
        return SOCKET
    if not given.startswith(_UNIX):
        raise Misuse(
            f"DOCKER_HOST is {given}: the platform compose harms processes of this machine, "
            "so it needs this machine's own daemon (unix:///var/run/docker.sock)"
        )
    return Path(given.removeprefix(_UNIX))


class Engine:
    """One project's things. Raises HarnessFailed whenever the daemon does not do as it is asked."""

    def __init__(self, socket: Path, project: Project) -> None:
        self.project, self.socket = project, socket
        self._daemon, self._removing = Daemon(socket), Daemon(socket, REMOVED_WITHIN)

    def version(self) -> Object:
        """Return what the daemon says of itself."""
        return self._mapping("/version")

    def containers(self) -> Sequence[Object]:
        """Return all of the project's containers, inspected, by name; also those that do not run."""
        listed = self._get("/containers/json", all="true", filters=self.project.filters())
        found = (self.container(str(each["Id"])) for each in listed)
        return sorted((each for each in found if each is not None), key=lambda each: str(each["Name"]))

    def container(self, identity: str) -> Object | None:
        """Return a container of the project as it is now; None if it is gone, or another's."""
        try:
            found: Object = self._daemon.get(f"/containers/{identity}/json")
        except DockerFailed as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise HarnessFailed(str(error)) from error
        return found if self.project.owns(found["Config"].get("Labels")) else None

    def last_lines(self, identity: str, count: int = 5) -> str:
        """Return the end of a container's output."""
        query = {"stdout": "true", "stderr": "true", "tail": count}
        try:
            said = self._daemon.ask("GET", f"/containers/{identity}/logs", query)
        except DockerFailed:
            return ""
        return _without_headers(said).decode(errors="replace").strip()

    def left(self) -> Mapping[str, Sequence[str]]:
        """Return what there is of the project, by kind: containers and networks by id, volumes by name."""
        filters = self.project.filters()
        containers = self._get("/containers/json", all="true", filters=filters)
        networks = self._get("/networks", filters=filters)
        volumes = self._mapping("/volumes", filters=filters)["Volumes"] or ()
        return {
            "container": [str(each["Id"]) for each in containers if self.project.owns(each["Labels"])],
            "network": [str(each["Id"]) for each in networks if self.project.owns(each["Labels"])],
            "volume": [str(each["Name"]) for each in volumes if self.project.owns(each["Labels"])],
        }

    def remove(self, kind: str, identity: str) -> None:
        """Remove one of what is ``left``; a container with its own volumes. What is gone already is no failure.

        Raises HarnessFailed also while it is in use, or someone else is removing it.
        """
        query = {"force": "true", "v": "true"} if kind == "container" else {}
        try:
            self._removing.ask("DELETE", f"/{kind}s/{quote(identity, safe='')}", query)
        except DockerFailed as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise HarnessFailed(str(error)) from error

    def _get(self, path: str, **query: object) -> Sequence[Object]:
        try:
            found: Sequence[Object] = self._daemon.get(path, **query)
        except (DockerFailed, ValueError) as error:
            raise HarnessFailed(str(error)) from error
        return found

    def _mapping(self, path: str, **query: object) -> Object:
        try:
            found: Object = self._daemon.get(path, **query)
        except (DockerFailed, ValueError) as error:
            raise HarnessFailed(str(error)) from error
        return found


def _without_headers(said: bytes) -> bytes:
    """Return a log without what stands before each piece where it has two streams: number, 3 zeros, length."""
    pieces = []
    while len(said) >= _STREAMS and said[0] in (0, 1, 2) and said[1:4] == b"\0\0\0":
        length = int.from_bytes(said[4:_STREAMS], "big")
        pieces.append(said[_STREAMS : _STREAMS + length])
        said = said[_STREAMS + length :]
    return b"".join([*pieces, said])
