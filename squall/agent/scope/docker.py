"""Asking a Docker daemon of this machine over its UNIX socket. Standard library only."""

import http.client
import json
import socket
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ANSWERS_WITHIN = 10.0


class DockerFailed(Exception):
    """The daemon did not answer, or refused; ``status`` is its HTTP status, 0 if there was none."""

    def __init__(self, doing: str, why: object, status: int = 0) -> None:
        super().__init__(f"asking Docker for {doing}: {why}")
        self.status = status


class Daemon:
    """One daemon. Each question has a connection of its own, so any thread may ask."""

    def __init__(self, path: Path, within: float = ANSWERS_WITHIN) -> None:
        self.path, self._within = path, within

    def get(self, path: str, **query: object) -> Any:
        """Return the answer's JSON. Raises DockerFailed."""
        return json.loads(self.ask("GET", path, query) or b"null")

    def ask(self, method: str, path: str, query: Mapping[str, object]) -> bytes:
        """Return the whole answer. Raises DockerFailed."""
        with closing(UnixConnection(self.path, self._within)) as connection:
            return self.send(connection, method, path, query).read()

    def send(
        self, connection: "UnixConnection", method: str, path: str, query: Mapping[str, object]
    ) -> http.client.HTTPResponse:
        """Return an answer that was not refused; its body may not be there yet. Raises DockerFailed."""
        words = {key: value if isinstance(value, str | int) else json.dumps(value) for key, value in query.items()}
        try:
            connection.request(method, f"{path}?{urlencode(words)}" if words else path)
            answer = connection.getresponse()
            if answer.status < HTTPStatus.BAD_REQUEST:
                return answer
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or error or type(error).__name__
            raise DockerFailed(path, f"{self.path}: {why}") from error
        raise DockerFailed(path, _message(said) or answer.reason, answer.status)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, path: Path, within: float) -> None:
        super().__init__("docker", timeout=within)
        self._path = path

    def connect(self) -> None:
        """Connect. Raises OSError."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _message(said: bytes) -> str:
    try:
        return str(json.loads(said)["message"])
    except (ValueError, LookupError, TypeError):
        return ""
