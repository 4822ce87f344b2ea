"""What a project has at the Docker daemon: listed, inspected, removed, watched, by Docker's own client.

Whatever lacks the project's labels is never touched. Only here is ``docker`` imported; the agent asks by itself.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from squall.errors import HarnessFailed, Misuse
from squall.platforms.containers.project import Project

Object = Mapping[str, Any]

SOCKET = Path("/var/run/docker.sock")
_UNIX = "unix://"
# Removing a container ends its processes first.
ANSWERS_WITHIN, REMOVED_WITHIN = 10.0, 30.0
# What can change an instance. Health checks are execs, of which there are far more.
EVENTS = ("create", "start", "die", "oom", "destroy", "pause", "unpause", "rename", "health_status")


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
        self._made: dict[float, Any] = {}

    def version(self) -> Object:
        """Return what the daemon says of itself."""
        with self._asking("its version") as client:
            found: Object = client.version()
        return found

    def containers(self) -> Sequence[Object]:
        """Return all of the project's containers, inspected, by name; also those that do not run."""
        found = (self.container(str(each["Id"])) for each in self._listed("container"))
        return sorted((each for each in found if each is not None), key=lambda each: str(each["Name"]))

    def container(self, identity: str) -> Object | None:
        """Return a container of the project as it is now; None if it is gone, or another's."""
        with self._asking(f"container {identity}") as client, _absent():
            found: Object = client.inspect_container(identity)
            return found if self.project.owns(found["Config"].get("Labels")) else None
        return None

    def last_lines(self, identity: str, count: int = 5) -> str:
        """Return the end of a container's output; nothing if it cannot be read."""
        with suppress(HarnessFailed), self._asking(f"the log of {identity}") as client:
            said: bytes = client.logs(identity, tail=count)
            return said.decode(errors="replace").strip()
        return ""

    def left(self) -> Mapping[str, Sequence[str]]:
        """Return what there is of the project, by kind: containers and networks by id, volumes by name."""
        keys = {"container": "Id", "network": "Id", "volume": "Name"}
        return {kind: [str(each[key]) for each in self._listed(kind)] for kind, key in keys.items()}

    def remove(self, kind: str, identity: str) -> None:
        """Remove one of what is ``left``; a container with its own volumes. What is gone already is no failure.

        Raises HarnessFailed also while it is in use, or someone else is removing it.
        """
        with self._asking(f"the removal of {kind} {identity}", REMOVED_WITHIN) as client, _absent():
            match kind:
                case "container":
                    client.remove_container(identity, force=True, v=True)
                case "network":
                    client.remove_network(identity)
                case "volume":
                    client.remove_volume(identity)

    def events(self) -> "EventStream":
        """Return the daemon's events about the project's containers, from now on."""
        filters = {"type": ["container"], "event": list(EVENTS), **self.project.filters()}
        with self._asking("its events") as client:
            return EventStream(client.events(decode=True, filters=filters))

    def _listed(self, kind: str) -> Sequence[Object]:
        filters = self.project.filters()
        with self._asking(f"its {kind}s") as client:
            match kind:
                case "container":
                    found: Sequence[Object] = client.containers(all=True, filters=filters)
                case "network":
                    found = client.networks(filters=filters)
                case _:
                    found = client.volumes(filters=filters)["Volumes"] or ()
        return [each for each in found if self.project.owns(each["Labels"])]

    @contextmanager
    def _asking(self, what: str, within: float = ANSWERS_WITHIN) -> Iterator[Any]:
        """Yield the client; what goes wrong in the block raises HarnessFailed."""
        # It takes a tenth of a second, and whoever undoes imports this module: only who asks Docker waits for it.
        import docker
        import requests

        try:
            if within not in self._made:
                self._made[within] = docker.APIClient(base_url=f"{_UNIX}{self.socket}", version="auto", timeout=within)
            yield self._made[within]
        except docker.errors.APIError as error:
            raise HarnessFailed(f"asking Docker for {what}: {error.explanation or error}") from error
        except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as error:
            raise HarnessFailed(f"asking Docker for {what}: {self.socket}: {_why(error)}") from error


class EventStream:
    """What happens to a project's containers. ``close`` may be called from another thread, and ends the reading."""

    def __init__(self, events: Any) -> None:
        self._events = events

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield the id of the container and what happened, until the stream ends."""
        import requests

        with suppress(OSError, ValueError, AttributeError, requests.RequestException):
            for said in self._events:
                yield str(said["Actor"]["ID"]), str(said["Action"])

    def close(self) -> None:
        with suppress(OSError):
            self._events.close()


@contextmanager
def _absent() -> Iterator[None]:
    """Let what is not there be no failure."""
    import docker

    with suppress(docker.errors.NotFound):
        yield


def _why(error: BaseException) -> str:
    """Return the operating system's word for it, if there is one; the client wraps it several times."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, OSError) and at.strerror:
            return at.strerror
        at = at.__cause__ or at.__context__
    return str(error) or type(error).__name__
