import asyncio
from collections.abc import Awaitable, Callable

import pytest

from squall.probes.http import Endpoint
from squall.probes.lane import New, Reused
from tests.load.server import Server


def run(lane: Callable[[Endpoint], Awaitable[None]], server: Server) -> None:
    async def go() -> None:
        await lane(await Endpoint.of(server.url))

    asyncio.run(go())


def test_new_connects_each_time() -> None:
    async def thrice(endpoint: Endpoint) -> None:
        lane = New(endpoint)
        assert [(await lane.get()).status for _ in range(3)] == [200] * 3

    with Server() as server:
        run(thrice, server)
        assert server.connections == 3


def test_reused_goes_round_its_connections() -> None:
    async def seven(endpoint: Endpoint) -> None:
        lane = Reused(endpoint, 3)
        await lane.warm(10)
        for _ in range(7):
            await lane.get()
        assert (lane.reopened, lane.extra) == (0, 0)

    with Server() as server:
        run(seven, server)
        assert server.connections == 3
        assert len(server.requests) == 7


def test_a_busy_connection_is_not_waited_for_and_not_shared() -> None:
    async def pair(endpoint: Endpoint) -> None:
        lane = Reused(endpoint, 1)
        await lane.warm(10)
        server.hold()
        first, second = (asyncio.create_task(lane.get()) for _ in range(2))
        await asyncio.to_thread(server.wait_until, 2)
        server.release()
        assert [answer.status for answer in await asyncio.gather(first, second)] == [200, 200]
        assert lane.extra == 1
        await lane.get()

    with Server() as server:
        run(pair, server)
        assert server.connections == 2


def test_a_connection_that_was_closed_is_opened_again_and_counted() -> None:
    async def again(endpoint: Endpoint) -> None:
        lane = Reused(endpoint, 1)
        await lane.warm(10)
        await lane.get()
        server.hang_up = True
        with pytest.raises(EOFError):
            await lane.get()
        server.hang_up = False
        assert (await lane.get()).status == 200
        assert lane.reopened == 1

    with Server() as server:
        run(again, server)


def test_who_cannot_connect_while_warming_does_so_later() -> None:
    async def late(endpoint: Endpoint) -> None:
        lane = Reused(endpoint, 2)
        await lane.warm(10)
        with pytest.raises(ConnectionRefusedError):
            await lane.get()
        assert lane.reopened == 1

    with Server() as gone:
        pass
    run(late, gone)
