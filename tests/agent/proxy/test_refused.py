"""A target that refuses connections: who came was refused, once, whether she asked before she knew or not."""

import asyncio
import socket

import pytest

from squall.agent.proxy.process import Proxy


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def refused(asked: bytes) -> Proxy:
    """Connect through a proxy whose target is not there, and return when the connection was reset."""
    proxy = Proxy(("127.0.0.1", closed_port()))
    server = await asyncio.get_running_loop().create_server(proxy.new, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(asked)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.readexactly(1), 10)
    server.close()
    return proxy


@pytest.mark.parametrize("asked", [b"", b"GET / HTTP/1.1\r\n\r\n"], ids=["only connects", "asks at once"])
def test_a_refused_connection_is_one_call_that_failed(asked: bytes) -> None:
    proxy = asyncio.run(refused(asked))
    assert (proxy.counts.calls, proxy.counts.failed, proxy.counts.answered) == (1, 1, 0)
