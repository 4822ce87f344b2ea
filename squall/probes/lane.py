"""How a probe gets its connection: a new one each time, or one of a fixed set that is kept."""

import asyncio
from typing import Protocol

from squall.probes.http import Answer, Connection, Endpoint
from squall.record.samples import NEW, REUSED


class Lane(Protocol):
    """A way to connect; its name is in each sample."""

    name: str

    async def get(self) -> Answer:
        """Probe once."""
        ...


class New:
    """A new connection for each probe: what the Service and its endpoints do with a user who just came."""

    name = NEW

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._request = endpoint.request(keep=False)

    async def get(self) -> Answer:
        """Connect, probe, close."""
        connection = await Connection.open(self._endpoint)
        try:
            return await connection.get(self._request)
        finally:
            connection.drop()


class Reused:
    """Kept connections in rotation: what clients with a pool see.

    A probe whose turn falls on a connection that still waits for an answer takes one of its own, as a pool would
    (``extra``). A connection that was closed is opened again by the next probe whose turn it is (``reopened``).
    """

    name = REUSED

    def __init__(self, endpoint: Endpoint, connections: int) -> None:
        self._endpoint = endpoint
        self._request = endpoint.request(keep=True)
        self._kept: list[Connection | None] = [None] * connections
        self._busy = [False] * connections
        self._turn = 0
        self.reopened = 0
        self.extra = 0

    async def warm(self, timeout: float) -> None:
        """Connect all; who cannot connect in that time does so with its first probe."""

        async def connect(turn: int) -> None:
            try:
                async with asyncio.timeout(timeout):
                    self._kept[turn] = await Connection.open(self._endpoint)
            except OSError:
                pass

        await asyncio.gather(*(connect(turn) for turn in range(len(self._kept))))

    async def get(self) -> Answer:
        """Probe over the connection whose turn it is."""
        turn, self._turn = self._turn, (self._turn + 1) % len(self._kept)
        if self._busy[turn]:
            self.extra += 1
            return await self._once()
        self._busy[turn] = True
        try:
            return await self._over(turn)
        finally:
            self._busy[turn] = False

    async def _over(self, turn: int) -> Answer:
        connection, self._kept[turn] = self._kept[turn], None
        if connection is None or connection.broken:
            self.reopened += 1
            connection = await Connection.open(self._endpoint)
        answer = None
        try:
            answer = await connection.get(self._request)
        finally:
            if answer and answer.keep:
                self._kept[turn] = connection
            else:
                connection.drop()
        return answer

    async def _once(self) -> Answer:
        connection = await Connection.open(self._endpoint)
        try:
            return await connection.get(self._request)
        finally:
            connection.drop()
