"""Answers that are kept for a while, in Valkey or Redis. A cache that fails costs time, never an answer."""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from specimen.lifecycle import Clock
from specimen.settings import Settings

__all__ = ["Answers", "Lookup", "NoStore", "Store", "store_for"]

log = logging.getLogger(__name__)
FAILURES = (RedisError, OSError, TimeoutError)


class Lookup(StrEnum):
    """How a look into the cache ended."""

    HIT = "hit"
    MISS = "miss"
    OFF = "off"


class Store(Protocol):
    """Where answers are kept; every call may raise RedisError, OSError or TimeoutError."""

    async def get(self, key: str) -> bytes | None:
        """Return what is kept there."""
        ...

    async def keep(self, key: str, answer: bytes) -> None:
        """Keep it, for as long as this store keeps things."""
        ...

    async def close(self) -> None:
        """Release what it holds."""
        ...


class Answers:
    """The cache as the API sees it: it never raises.

    A store that failed is left alone for a while, so that of all requests only a few wait for its timeout.
    """

    def __init__(self, store: Store, rest: float, clock: Clock = time.monotonic) -> None:
        self._store = store
        self._rest = rest
        self._clock = clock
        self._off_until = float("-inf")

    async def find(self, key: str) -> tuple[Lookup, bytes | None]:
        """Return the kept answer, if there is one."""
        if self.resting:
            return Lookup.OFF, None
        try:
            answer = await self._store.get(key)
        except FAILURES as error:
            self._failed(error)
            return Lookup.OFF, None
        return (Lookup.MISS, None) if answer is None else (Lookup.HIT, answer)

    async def keep(self, key: str, answer: bytes) -> None:
        """Keep an answer, if that can be done now."""
        if self.resting:
            return
        try:
            await self._store.keep(key, answer)
        except FAILURES as error:
            self._failed(error)

    async def close(self) -> None:
        """Release the store."""
        await self._store.close()

    @property
    def resting(self) -> bool:
        """Whether the store failed and is left alone."""
        return self._clock() < self._off_until

    def _failed(self, error: Exception) -> None:
        self._off_until = self._clock() + self._rest
        log.warning("serving without the cache for %gs: %s", self._rest, error)


class NoStore:
    """A store that keeps nothing, for roles without a cache."""

    async def get(self, key: str) -> bytes | None:
        """Return nothing."""
        return None

    async def keep(self, key: str, answer: bytes) -> None:
        """Keep nothing."""

    async def close(self) -> None:
        """Hold nothing."""


class RedisStore:
    """A store in Valkey or Redis, which forgets after the time to live."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._milliseconds = int(settings.cache_keep_seconds * 1000)
        self._client = redis.asyncio.Redis.from_url(
            url,
            password=settings.cache_password or None,
            socket_timeout=settings.cache_timeout_seconds,
            socket_connect_timeout=settings.cache_timeout_seconds,
            # The client's own default, several tries with pauses, would cost more than the answer is worth.
            retry=Retry(NoBackoff(), 0),
            max_connections=64,
        )

    async def get(self, key: str) -> bytes | None:
        """Return what is kept there."""
        with closed_connections():
            answer = await self._client.get(_name(key))
        return answer if isinstance(answer, bytes) else None

    async def keep(self, key: str, answer: bytes) -> None:
        """Keep it until its time is over."""
        with closed_connections():
            await self._client.set(_name(key), answer, px=self._milliseconds)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()


@contextmanager
def closed_connections() -> Iterator[None]:
    """Turn what uvloop says of a connection that was reset since it was last used into the error that it is.

    The client knows asyncio's own words for that (ConnectionError) and lets a RuntimeError through.
    """
    try:
        yield
    except RuntimeError as error:
        if "closed" not in str(error):
            raise
        raise ConnectionResetError(str(error)) from error


def store_for(settings: Settings) -> Store:
    """Return the store that the settings name."""
    return RedisStore(settings, settings.cache_url) if settings.cache_url else NoStore()


def _name(key: str) -> str:
    # Queries are of any length and may hold what should not be read in a cache's monitor.
    return f"rerank:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
