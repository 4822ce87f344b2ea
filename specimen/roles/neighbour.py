"""Another service, asked over HTTP: how long it is waited for, and when it is asked again."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from specimen.settings import Settings

__all__ = ["Neighbour", "Reply", "Unreachable", "neighbour"]

# One that is being restarted listens again after a second or two; another instance of it is there at once.
PAUSE_SECONDS = 0.05


class Unreachable(Exception):
    """The neighbour did not answer, or only with an error of its own."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a neighbour answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Neighbour:
    """A service by its URL. ``within`` is for one attempt; there are ``attempts`` of them, for what may be repeated.

    A new connection for each attempt, so that what stands behind the URL now is asked; those over TLS are kept, as a
    handshake costs more than the request.
    """

    def __init__(self, url: str, within: float, attempts: int = 1, trusted: ssl.SSLContext | None = None) -> None:
        self._url, self._attempts, self._trusted = url.rstrip("/"), attempts, trusted
        self._within = aiohttp.ClientTimeout(total=within)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Be ready to ask."""
        connector = aiohttp.TCPConnector(limit=0, force_close=self._trusted is None, ssl=self._trusted or True)
        self._session = aiohttp.ClientSession(connector=connector, timeout=self._within)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """Return its answer, whatever it says but for an error of its own.

        Raises:
            Unreachable: after the last attempt.
        """
        if self._session is None:
            raise RuntimeError("it was not opened")
        for left in range(self._attempts - 1, -1, -1):
            try:
                async with self._session.request(method, self._url + path, json=body) as response:
                    reply = Reply(response.status, await response.read(), dict(response.headers))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = f"{type(error).__name__}: {error}"
            else:
                if reply.status < 500:
                    return reply
                why = f"HTTP {reply.status}"
            if left:
                await asyncio.sleep(PAUSE_SECONDS)
        raise Unreachable(f"{self._url}: {why}")


def neighbour(url: str, settings: Settings, attempts: int = 1) -> Neighbour:
    """Return the neighbour at a URL, believed by the settings' certificate if it is one of https."""
    trusted = ssl.create_default_context(cafile=settings.tls_ca or None) if url.startswith("https:") else None
    return Neighbour(url, settings.neighbour_timeout_seconds, attempts, trusted)
