"""Neighbours of the application that a test holds in its hand."""

from collections.abc import Sequence

from redis.exceptions import ConnectionError as Refused

from specimen.documents import DocumentsUnavailable, NoSuchDocument, Pool
from specimen.scoring import DIMENSIONS, Vector


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class KeptInMemory:
    """A store that works until it is broken."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.broken = False
        self.calls = 0

    def _call(self) -> None:
        self.calls += 1
        if self.broken:
            raise Refused("nobody listens")

    async def get(self, key: str) -> bytes | None:
        self._call()
        return self.kept.get(key)

    async def keep(self, key: str, answer: bytes) -> None:
        self._call()
        self.kept[key] = answer

    async def close(self) -> None:
        self.kept.clear()


class Shelf:
    """Documents 1 to 9; document n points along dimension n."""

    def __init__(self) -> None:
        self.there = True
        self.opened = 0
        self.taken = Pool(free=5, waiting=0)

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.opened -= 1

    def pool(self) -> Pool:
        return self.taken

    async def check(self) -> None:
        if not self.there:
            raise DocumentsUnavailable("nobody listens")

    async def vectors(self, numbers: Sequence[int]) -> dict[int, Vector]:
        await self.check()
        if missing := [n for n in numbers if n > 9]:
            raise NoSuchDocument(missing)
        return {n: [float(n == dimension) for dimension in range(DIMENSIONS)] for n in numbers}
