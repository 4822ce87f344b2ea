"""The proxy's process: a listener in the target's network, and orders on stdin, one JSON object a line.

``{"do": "behaviour", ...}`` changes what it does (``Behaviour.of``); ``counts`` tells the totals; ``seconds`` those
``since``; ``drain`` ends each connection as soon as it is idle and, ``over`` seconds, all others by a reset. Each is
answered by a line on stdout. It ends with its stdin, and is killed with the agent.
"""

import asyncio
import json
import os
import random
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from squall.agent.linux.syscalls import die_with, join_network
from squall.agent.proxy.behaviour import Behaviour, Dice
from squall.agent.proxy.counts import Counts
from squall.agent.proxy.pair import Pair

# An idle connection that has been so for less may be about to be used.
IDLE = 0.05
LOOK_EVERY = 0.02
BACKLOG = 512


class Proxy:
    """All connections of one target. ``default`` is where one goes that was not redirected (a trial)."""

    def __init__(self, default: tuple[str, int]) -> None:
        self.behaviour, self.dice = Behaviour(), Dice()
        self.random = random.Random()  # noqa: S311 - jitter is no secret
        self.counts = Counts(time.monotonic)
        self._default = default
        self._pairs: set[Pair] = set()

    def new(self) -> Pair:
        """Return what takes a new connection."""
        pair = Pair(self, self._default)
        self._pairs.add(pair)
        return pair

    def gone(self, pair: Pair) -> None:
        """Forget a connection."""
        self._pairs.discard(pair)

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry one order out, and return its answer."""
        match order["do"]:
            case "behaviour":
                return self._change(Behaviour.of(order))
            case "counts":
                return {"counts": self.counts.totals()}
            case "seconds":
                return {"seconds": self.counts.seconds(int(order["since"]))}
            case "drain":
                return await self._drain(float(order["over"]))
        raise ValueError(f"a proxy cannot {order['do']}")

    def _change(self, behaviour: Behaviour) -> dict[str, Any]:
        self.behaviour, self.dice = behaviour, Dice()
        self.counts.harmed, self.counts.quickest = 0, None
        for pair in [pair for pair in self._pairs if pair.kept_back]:
            # What it asked is lost: it would wait for ever.
            pair.reset()
        return {"since": time.monotonic()}

    async def _drain(self, within: float) -> dict[str, Any]:
        deadline, closed = time.monotonic() + within, 0
        while self._pairs and time.monotonic() < deadline:
            for pair in [pair for pair in self._pairs if pair.idle(IDLE)]:
                pair.close()
                closed += 1
            await asyncio.sleep(LOOK_EVERY)
        left = list(self._pairs)
        for pair in left:
            pair.reset()
        await asyncio.sleep(0)
        return {"closed": closed, "reset": len(left)}


def main(words: Sequence[str]) -> int:
    """Run it: a network's handle, the agent's pid, the address and port of a trial."""
    network, parent, address, port = words
    die_with(int(parent))
    join_network(int(network))
    os.close(int(network))
    with suppress(BrokenPipeError):
        asyncio.run(_serve((address, int(port))))
    return 0


async def _serve(default: tuple[str, int]) -> None:
    proxy, loop = Proxy(default), asyncio.get_running_loop()
    for listener in (listeners := _listeners()):
        await loop.create_server(proxy.new, sock=listener, backlog=BACKLOG)
    _say({"port": listeners[0].getsockname()[1]})
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        try:
            answer = await proxy.obey(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            answer = {"refused": f"{type(error).__name__}: {error}"}
        _say(answer)


def _listeners() -> list[socket.socket]:
    """Return listeners on one free port, by both versions of the protocol where the kernel has the sixth."""
    fourth = _bound(socket.AF_INET, "0.0.0.0", 0)  # noqa: S104 - the target's own network, and redirected there
    with suppress(OSError):
        return [fourth, _bound(socket.AF_INET6, "::", fourth.getsockname()[1])]
    return [fourth]


def _bound(family: int, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, separators=(",", ":")) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
