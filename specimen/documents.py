"""The documents in PostgreSQL."""

from collections.abc import Sequence

from specimen.database import Database, DatabaseUnavailable, Pool
from specimen.scoring import Vector
from specimen.settings import Settings

__all__ = ["Documents", "DocumentsUnavailable", "NoSuchDocument", "Pool"]

Row = tuple[int, Sequence[float]]


class DocumentsUnavailable(Exception):
    """The database does not answer."""


class NoSuchDocument(Exception):
    """Some of the documents that were asked for do not exist."""

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__(f"no such documents: {', '.join(map(str, numbers))}")


class Documents:
    """Reads documents; it is opened before use and closed after."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings)

    async def open(self) -> None:
        """Begin to connect, without waiting for it: readiness tells when the database is there."""
        await self._database.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    def pool(self) -> Pool:
        """Return how the pool is now."""
        return self._database.pool()

    async def check(self) -> None:
        """Raise DocumentsUnavailable unless the documents can be read."""
        await self._rows("select id, embedding from document limit 1", ())

    async def vectors(self, numbers: Sequence[int]) -> dict[int, Vector]:
        """Return the vectors of these documents.

        Raises:
            NoSuchDocument: naming those that do not exist.
            DocumentsUnavailable: the database does not answer.
        """
        wanted = list(dict.fromkeys(numbers))
        found = dict(await self._rows("select id, embedding from document where id = any(%s)", (wanted,)))
        if missing := [number for number in wanted if number not in found]:
            raise NoSuchDocument(missing)
        return {number: found[number] for number in wanted}

    async def _rows(self, query: str, values: Sequence[object]) -> list[Row]:
        try:
            return await self._database.rows(query, values)
        except DatabaseUnavailable as error:
            raise DocumentsUnavailable(str(error)) from error
