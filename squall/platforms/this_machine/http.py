"""Asking a process of this machine by HTTP, over a connection that is kept or a new one."""

import http.client
import json
import socket
from contextlib import closing
from http import HTTPStatus
from typing import Any

from squall.clock import SYSTEM
from squall.errors import HarnessFailed
from squall.platforms.this_machine.ports import HOST

# Prometheus's text format, and the most that is read of a page.
TEXT = "text/plain; version=0.0.4"
PIECE, LONGEST = 65536, 8 * 1024 * 1024


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


def page(port: int, path: str, within: float, host: str = HOST) -> str:
    """Return the text that a new connection is answered with, if all of it is there within so many seconds.

    Raises HarnessFailed.
    """
    deadline = SYSTEM.now() + within
    with closing(http.client.HTTPConnection(host, port, timeout=within)) as connection:
        try:
            connection.request("GET", path, headers={"Accept": TEXT, "Connection": "close"})
            sock, answer = connection.sock, connection.getresponse()
            said = _read(sock, answer, deadline)
        except (OSError, http.client.HTTPException) as error:
            raise HarnessFailed(f"asking port {port} for {path}: {error or type(error).__name__}") from error
    return said.decode(errors="replace")


def _read(sock: socket.socket, answer: http.client.HTTPResponse, deadline: float) -> bytes:
    if answer.status != HTTPStatus.OK:
        raise http.client.HTTPException(f"status {answer.status}")
    said = b""
    while piece := answer.read1(PIECE):
        said += piece
        if (left := deadline - SYSTEM.now()) <= 0 or len(said) > LONGEST:
            raise http.client.HTTPException(f"no end in time, after {len(said)} bytes")
        sock.settimeout(left)
    return said


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
