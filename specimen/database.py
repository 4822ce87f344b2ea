"""A small pool of connections to PostgreSQL, for whoever speaks SQL; it is opened before use and closed after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from specimen.settings import Settings

__all__ = ["Database", "DatabaseUnavailable", "Pool"]

# psycopg's pool waits longer after each failed attempt, up to minutes. Given up early, it tries anew with the next
# request, so that a database that is back is seen to be back.
RECONNECT_SECONDS = 2.0


class DatabaseUnavailable(Exception):
    """The database does not answer."""


@dataclass(frozen=True, slots=True)
class Pool:
    """How many connections requests may still take, and how many requests wait for one."""

    free: int
    waiting: int


class Database:
    """Carries out one statement at a time, each in a transaction of its own."""

    def __init__(self, settings: Settings) -> None:
        milliseconds = int(settings.database_timeout_seconds * 1000)
        # Half of it for a connection, all of it for the statement after: together less than users wait (2 s).
        self._patience = settings.database_timeout_seconds / 2
        self._pool = AsyncConnectionPool(
            settings.database_url,
            kwargs={
                "autocommit": True,
                # Without one the URL's counts.
                **({"password": settings.database_password} if settings.database_password else {}),
                "connect_timeout": 2,  # libpq's least
                "tcp_user_timeout": milliseconds,
                "application_name": settings.instance,
                "options": f"-c statement_timeout={milliseconds}",
            },
            min_size=min(2, settings.database_connections),
            max_size=settings.database_connections,
            timeout=self._patience,
            max_lifetime=settings.database_keep_seconds,
            reconnect_timeout=RECONNECT_SECONDS,
            # Connections that a restart of the database killed are found out here and not by a user.
            check=AsyncConnectionPool.check_connection,
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect, without waiting for it: readiness tells when the database is there."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close(timeout=1.0)

    def pool(self) -> Pool:
        """Return how the pool is now. One that may still grow has the connections free that it has not made yet."""
        said = self._pool.get_stats()
        taken = said.get("pool_size", 0) - said.get("pool_available", 0)
        return Pool(self._pool.max_size - taken, said.get("requests_waiting", 0))

    async def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Carry out a statement, and return its rows; none if it has none.

        Raises:
            DatabaseUnavailable: the database does not answer, or what is asked for is not in it.
        """
        try:
            async with self._pool.connection(timeout=self._patience) as connection:
                cursor = await connection.execute(query, values, binary=True)
                return await cursor.fetchall() if cursor.description else []
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as error:
            raise DatabaseUnavailable(f"the database does not answer: {error}".strip()) from error
