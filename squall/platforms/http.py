"""Asking by HTTP what must answer soon: a status, a page, JSON. Never through a proxy; redirects are not followed.

For the harness alone: what is measured is asked by the prober and the load, which have ways of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed

if TYPE_CHECKING:
    import httpx

# Prometheus's text format, and the most that is read of a page.
TEXT = "text/plain; version=0.0.4"
LONGEST = 8 * 1024 * 1024


def status(url: str, within: float) -> str:
    """Return the status with which a new connection is answered, or what went wrong."""
    try:
        with _client(url, within) as client:
            return str(client.get(url).status_code)
    except _NoAnswer as error:
        return str(error)


def page(url: str, within: float, socket: Path | None = None, clock: Clock = SYSTEM) -> str:
    """Return the text that a new connection is answered with, if all of it is there within so many seconds.

    With ``socket`` that UNIX socket is asked, whatever host the URL names.

    Raises HarnessFailed.
    """
    deadline = clock.now() + within
    try:
        with _client(url, within, socket) as client, client.stream("GET", url, headers={"Accept": TEXT}) as answer:
            _check(answer)
            return _read(answer, deadline, clock).decode(errors="replace")
    except _NoAnswer as error:
        raise HarnessFailed(f"asking {url}: {error}") from error


class JsonClient:
    """A kept connection to one server, whose answers are JSON; by a UNIX socket, if one is named."""

    def __init__(self, base: str, within: float, socket: Path | None = None) -> None:
        self._base, self._within, self._socket = base, within, socket
        self._client: httpx.Client | None = None

    def get(self, path: str) -> Any:
        """Return an answer. Raises HarnessFailed."""
        try:
            return self._get(path)
        except _NoAnswer as error:
            raise HarnessFailed(f"asking {self._base}{path}: {error}") from error

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _get(self, path: str) -> Any:
        with _failing():
            if self._client is None:
                self._client = _made(self._base, self._within, self._socket)
            answer = self._client.get(self._base + path)
            _check(answer)
            return answer.json()


class _NoAnswer(Exception):
    """What was asked did not answer as it should."""


def _read(answer: "httpx.Response", deadline: float, clock: Clock) -> bytes:
    said = b""
    for piece in answer.iter_raw():
        said += piece
        if clock.now() > deadline or len(said) > LONGEST:
            raise _NoAnswer(f"no end in time, after {len(said)} bytes")
    return said


def _check(answer: "httpx.Response") -> None:
    if not answer.is_success:
        raise _NoAnswer(f"status {answer.status_code}")


@contextmanager
def _client(url: str, within: float, socket: Path | None = None) -> "Iterator[httpx.Client]":
    with _failing(), _made(url, within, socket) as client:
        yield client


def _made(url: str, within: float, socket: Path | None) -> "httpx.Client":
    # It takes a tenth of a second, and whoever undoes imports this module: only who asks waits for it.
    import httpx

    # Reading the certificates to trust takes 20 ms for each client.
    transport = httpx.HTTPTransport(verify=url.startswith("https:"), uds=str(socket) if socket else None)
    return httpx.Client(transport=transport, timeout=within, trust_env=False, headers={"Accept-Encoding": "identity"})


@contextmanager
def _failing() -> Iterator[None]:
    """Say in a few words what went wrong in the block: raises _NoAnswer."""
    import httpx

    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise _NoAnswer(_why(error)) from error


def _why(error: BaseException) -> str:
    """Return the operating system's word for it, if there is one."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, OSError) and at.strerror:
            return at.strerror.lower()
        at = at.__cause__ or at.__context__
    return str(error).lower() or type(error).__name__
