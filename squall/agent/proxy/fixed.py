"""The proxy in front of a target from the start, at an address of its own: for targets without networks of their own.

``python -m squall.agent.proxy.fixed PORT TO SOCKET``: connections to 127.0.0.1 at PORT go on to the port TO. Orders
(``process``) come over the UNIX socket. A behaviour lasts as long as the connection that
set it: whoever dies lets all pass.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from squall.agent.proxy.behaviour import PASS
from squall.agent.proxy.process import BACKLOG, Proxy

HOST = "127.0.0.1"


class FixedProxy:
    """One proxy, and which connection has its behaviour."""

    def __init__(self, to: int) -> None:
        self.proxy = Proxy((HOST, to))
        self._holder: object = None

    async def serve(self, orders: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Carry out what comes over one connection; with its end the behaviour that it set ends."""
        try:
            while line := await orders.readline():
                try:
                    answer = await self._obey(json.loads(line), answers)
                except (KeyError, TypeError, ValueError) as error:
                    answer = {"refused": f"{type(error).__name__}: {error}"}
                answers.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
                await answers.drain()
        except ConnectionError:
            pass
        finally:
            if self._holder is answers:
                self._holder = None
                await self.proxy.obey({"do": "behaviour", "does": PASS})
            answers.close()

    async def _obey(self, order: dict[str, Any], who: object) -> dict[str, Any]:
        if order["do"] == "behaviour":
            if self._holder not in {None, who}:
                raise ValueError("another has its behaviour")
            self._holder = None if order["does"] == PASS else who
        return {**await self.proxy.obey(order), "does": self.proxy.behaviour.does}


async def _serve(port: int, to: int, path: Path) -> None:
    fixed, loop = FixedProxy(to), asyncio.get_running_loop()
    path.unlink(missing_ok=True)
    orders = await asyncio.start_unix_server(fixed.serve, path)
    path.chmod(0o600)
    listener = socket.create_server((HOST, port), backlog=BACKLOG)
    listener.setblocking(False)
    server = await loop.create_server(fixed.proxy.new, sock=listener, backlog=BACKLOG)
    async with orders, server:
        await server.serve_forever()


def main(words: Sequence[str]) -> None:
    """Run it until it is killed: a port, the port that it leads to, the socket of its orders."""
    port, to, path = words
    asyncio.run(_serve(int(port), int(to), Path(path)))


if __name__ == "__main__":
    main(sys.argv[1:])
