"""The server that load generators are compared against: answers at once, and keeps when each request came.

    python -m benchmarks.target FILE

Prints its port; when its input ends, writes the moments (CLOCK_MONOTONIC seconds, doubles) to the file.
"""

import asyncio
import sys
import time
from array import array
from pathlib import Path

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Instance: target\r\n\r\nok"


class _Connection(asyncio.Protocol):
    came = array("d")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        heads = (self._rest + data).split(b"\r\n\r\n")
        self._rest = heads.pop()  # only GETs are sent: no bodies
        if heads:
            self.came.extend([time.monotonic()] * len(heads))
            self._transport.write(_ANSWER * len(heads))


async def _serve(file: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    file.write_bytes(_Connection.came.tobytes())


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
