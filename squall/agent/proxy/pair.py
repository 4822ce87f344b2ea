"""One connection through the proxy: a client's side and the target's, and what the behaviour does between them."""

import asyncio
import random
import socket
import struct
from collections import deque
from contextlib import suppress
from typing import Protocol, cast

from squall.agent.proxy.behaviour import ERRORS, RESET, SILENT, SLOW, Behaviour, Dice
from squall.agent.proxy.counts import Counts
from squall.agent.proxy.requests import TRIAL, Requests, answer

# Answers that wait for their time; more than these and the target is read no further until some have left.
MOST_WAITING = 1 << 20
_LINGER_NOT = struct.pack("ii", 1, 0)


class House(Protocol):
    """What all connections of a proxy share."""

    behaviour: Behaviour
    dice: Dice
    random: random.Random
    counts: Counts

    def gone(self, pair: "Pair") -> None:
        """Forget a connection."""
        ...


class Pair(asyncio.Protocol):
    """The client's side; ``Far`` is the target's. Nothing of it blocks."""

    def __init__(self, house: House, default: tuple[str, int]) -> None:
        self._house, self._default = house, default
        self._loop = asyncio.get_running_loop()
        self._near: asyncio.Transport | None = None
        self._far: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._requests: Requests | None = Requests()
        self._first = True
        # When the call began that has no answer yet.
        self._asked: float | None = None
        self._sent_on = False
        self._swallowing = False
        self.kept_back = False
        # Answers that wait: when each may leave, its bytes (None: the end), when its call began.
        self._waiting: deque[tuple[float, bytes | None, float | None]] = deque()
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._behaviour = house.behaviour
        self._counts = house.counts
        self._last = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to where the client meant to go."""
        self._near = cast("asyncio.Transport", transport)
        self._house.counts.connections += 1
        self._house.counts.open += 1
        self._connecting = self._loop.create_task(self._connect())

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        self._last = self._loop.time()
        if self._first:
            self._first = False
            if data == TRIAL:
                # What nobody but the agent asked is in no figure.
                self._counts = Counts(self._loop.time)
            self._recognise(data)
        if self._asked is None:
            self._asked = self._counts.call()
        if self.behaviour.does == RESET and self._house.dice.falls(self.behaviour.share):
            self._counts.harmed += 1
            self._counts.fail()
            self._asked = None
            self.reset()
        elif self.behaviour.does == SILENT:
            self._keep_back()
        else:
            self._request(data)

    def eof_received(self) -> bool:
        """Tell the target that the client sends no more; its answers still come."""
        if self._far is not None and self._far.can_write_eof():
            with suppress(OSError):
                self._far.write_eof()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        """End the target's side too."""
        if self._near is None:
            return
        self._near = None
        if self._asked is not None and not self.kept_back:
            self._counts.give_up()
        self._connecting.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._far is not None:
            self._far.abort()
        self._house.counts.open -= 1
        self._house.gone(self)

    def pause_writing(self) -> None:
        """Read no more from the target than the client takes."""
        if self._far is not None:
            self._far.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._far is not None and self._size < MOST_WAITING:
            self._far.resume_reading()

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour that counts for this connection."""
        behaviour = self._house.behaviour
        return self._behaviour if behaviour.new else behaviour

    def idle(self, least: float) -> bool:
        """Say whether nothing is under way, and has not been for that long (s)."""
        return self._asked is None and not self._waiting and self._loop.time() - self._last >= least

    def close(self) -> None:
        """End both sides in order."""
        if self._near is not None:
            self._near.close()

    def reset(self) -> None:
        """End the client's side by a reset."""
        if self._near is not None:
            reset(self._near)

    def answered(self, data: bytes | None) -> None:
        """Take what the target sends; None is its end."""
        asked, behaviour = self._asked, self.behaviour
        self._last, self._sent_on = self._loop.time(), False
        if asked is not None:
            self._asked = None
            if data is None:
                self._counts.fail()
            else:
                self._counts.answer(failed=data[:7] == b"HTTP/1." and data[9:10] == b"5")
        if behaviour.does != SLOW and not self._waiting:
            self._deliver(data)
            return
        due = self._loop.time()
        if behaviour.does == SLOW:
            due += behaviour.delay + self._house.random.uniform(-behaviour.jitter, behaviour.jitter)
        if self._waiting:
            due = max(due, self._waiting[-1][0])
        self._waiting.append((due, data, asked if behaviour.does == SLOW else None))
        self._size += len(data or b"")
        if self._size >= MOST_WAITING and self._far is not None:
            self._far.pause_reading()
        self._wake()

    def hold(self, held: bool) -> None:
        """Read no more from the client while the target takes no more."""
        if self._near is not None and held:
            self._near.pause_reading()
        elif self._near is not None:
            self._near.resume_reading()

    def connected(self, far: asyncio.Transport) -> None:
        """Send on what came before the target was reached."""
        self._far = far
        for piece in self._early:
            far.write(piece)
        self._early.clear()

    async def _connect(self) -> None:
        assert self._near is not None  # noqa: S101 - it has just been made
        near = self._near.get_extra_info("socket")
        where = original(near)
        # A trial came straight to the proxy's own port.
        if where is None or where[1] == near.getsockname()[1]:
            where = self._default
        try:
            await self._loop.create_connection(lambda: Far(self), *where)
        except OSError:
            if self._asked is None:
                # Who only came to connect, and could not, called all the same.
                self._counts.call()
            self._counts.fail()
            self._asked = None
            self.reset()

    def _recognise(self, data: bytes) -> None:
        if data[:2] == b"\x16\x03":
            self._counts.tls += 1
            self._requests = None

    def _keep_back(self) -> None:
        if not self.kept_back:
            self.kept_back = True
            self._counts.harmed += 1

    def _request(self, data: bytes) -> None:
        if self._requests is None:
            self._send(data)
            return
        for piece in self._requests.cut(data):
            if piece.first:
                self._counts.http += 1
                # One that was sent before the last was answered (pipelined) is passed on: answers keep their order.
                alone = not self._sent_on and not self._waiting
                self._swallowing = (
                    self.behaviour.does == ERRORS and alone and self._house.dice.falls(self.behaviour.share)
                )
            if not self._swallowing:
                self._send(piece.data)
            elif piece.last:
                self._make_up(piece.method)
        if self._requests.opaque:
            rest = self._requests.left()
            self._requests = None
            self._send(rest)

    def _make_up(self, method: bytes) -> None:
        self._swallowing = False
        self._asked = None
        self._counts.harmed += 1
        self._counts.answer(failed=True)
        if self._near is not None:
            self._near.write(answer(self.behaviour.status, method))

    def _send(self, data: bytes) -> None:
        self._sent_on = True
        if self._far is None:
            self._early.append(data)
        elif data:
            self._far.write(data)

    def _wake(self) -> None:
        if self._timer is None and self._waiting:
            self._timer = self._loop.call_at(self._waiting[0][0], self._leave)

    def _leave(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now + 0.0005:
            _, data, asked = self._waiting.popleft()
            self._size -= len(data or b"")
            if asked is not None:
                self._counts.delivered(now - asked)
            self._deliver(data)
        if self._far is not None and self._size < MOST_WAITING:
            self._far.resume_reading()
        self._wake()

    def _deliver(self, data: bytes | None) -> None:
        if self._near is None:
            return
        if data is None:
            self._near.close()
        else:
            self._near.write(data)


class Far(asyncio.Protocol):
    """The target's side."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be there."""
        self._pair.connected(cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        """Hand it over."""
        self._pair.answered(data)

    def pause_writing(self) -> None:
        """Let the client wait."""
        self._pair.hold(True)

    def resume_writing(self) -> None:
        """Go on."""
        self._pair.hold(False)

    def connection_lost(self, _: Exception | None) -> None:
        """Hand the end over."""
        self._pair.answered(None)


def reset(transport: asyncio.Transport) -> None:
    """Close a connection by a reset (RST) and not in order (FIN)."""
    with suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()


def original(near: socket.socket) -> tuple[str, int] | None:
    """Return where a redirected connection was going (SO_ORIGINAL_DST, linux/netfilter_ipv4.h)."""
    with suppress(OSError):
        if near.family == socket.AF_INET:
            packed = near.getsockopt(socket.SOL_IP, 80, 16)
            return socket.inet_ntoa(packed[4:8]), struct.unpack_from("!H", packed, 2)[0]
        packed = near.getsockopt(socket.IPPROTO_IPV6, 80, 28)
        return socket.inet_ntop(socket.AF_INET6, packed[8:24]), struct.unpack_from("!H", packed, 2)[0]
    return None
