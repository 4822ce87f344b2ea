"""The truth server: fails at the moments that it is told, and keeps its own log of when it did.

    python -m tests.honesty.scripted LOG

Prints its port, then hears one line: ``[[begin, end, share], ...]`` in CLOCK_MONOTONIC seconds. A request that comes
in ``[begin, end)`` is answered 503, if of a partial outage that share of them. When its input ends, it writes when each
request came, and whether it failed: pairs of doubles.
"""

import asyncio
import json
import random
import sys
import time
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BAD = b"HTTP/1.1 503 Out\r\nContent-Length: 2\r\n\r\nno"


class Script:
    """What is going to fail when; what came, and how it was answered."""

    def __init__(self) -> None:
        self.outages: Sequence[tuple[float, float, float]] = ()
        self.log = array("d")
        self._random = random.Random(1)

    def answer(self) -> bytes:
        """Answer one request that comes now."""
        now = time.monotonic()
        place = bisect_right([begin for begin, _, _ in self.outages], now) - 1
        _, end, share = self.outages[place] if place >= 0 else (0.0, 0.0, 0.0)
        failed = now < end and self._random.random() < share
        self.log.extend((now, float(failed)))
        return BAD if failed else GOOD


class _Connection(asyncio.Protocol):
    def __init__(self, script: Script) -> None:
        self._script, self._rest = script, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        heads = (self._rest + data).split(b"\r\n\r\n")
        self._rest = heads.pop()  # only GETs are sent: no bodies
        for _ in heads:
            self._transport.write(self._script.answer())


async def _serve(log: Path) -> None:
    script, loop = Script(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(script), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    told = await loop.run_in_executor(None, sys.stdin.readline)
    script.outages = json.loads(told) if told else ()
    await loop.run_in_executor(None, sys.stdin.read)
    log.write_bytes(script.log.tobytes())


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
