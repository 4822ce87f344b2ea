"""Asking a process of this machine by HTTP, over a connection that is kept or a new one."""

import http.client
import json
from contextlib import closing
from http import HTTPStatus
from typing import Any

from squall.errors import HarnessFailed
from squall.platforms.processes.ports import HOST


def status(port: int, path: str, within: float) -> str:
    """Return the status with which a new connection is answered, or what went wrong."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=within)) as connection:
        try:
            connection.request("GET", path)
            return str(connection.getresponse().status)
        except OSError as error:
            return (error.strerror or str(error) or type(error).__name__).lower()
        except http.client.HTTPException as error:
            return type(error).__name__


class Asked:
    """A kept connection to one port, whose answers are JSON."""

    def __init__(self, port: int, within: float) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=within)
        self._port = port

    def json(self, path: str, again: bool = True) -> Any:
        """Return an answer; a connection that was closed meanwhile is opened anew once. Raises HarnessFailed."""
        try:
            return self._answer(path)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if again and not isinstance(error, TimeoutError):
                return self.json(path, again=False)
            why = error or type(error).__name__
            raise HarnessFailed(f"asking port {self._port} for {path}: {why}") from error

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def _answer(self, path: str) -> Any:
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != HTTPStatus.OK:
            raise http.client.HTTPException(f"status {answer.status}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise http.client.HTTPException(f"no JSON: {error}") from error
