"""Free ports of 127.0.0.1 for one run's processes, that no other run takes meanwhile."""

import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from squall.errors import HarnessFailed

HOST = "127.0.0.1"
# Below the range that Linux gives to outgoing connections (32768 and up) and NodePorts (30000 and up): the port of a
# process that is down is not taken by a client before the process is back.
FIRST, LAST = 20000, 29999
BLOCK = 100


class Ports:
    """Blocks of ports; the first one of each block is listened on as long as this object is open.

    Whoever looks for ports in the same way cannot have the same block. The others were free when they were looked at.
    """

    def __init__(self, held: Sequence[socket.socket], numbers: Sequence[int]) -> None:
        self._held, self.numbers = list(held), tuple(numbers)

    @classmethod
    def reserve(cls, count: int, rng: random.Random | None = None) -> Self:
        """Take blocks with so many free ports in all.

        Raises:
            HarnessFailed: there are not so many.
        """
        held: list[socket.socket] = []
        numbers: list[int] = []
        firsts = list(range(FIRST, LAST, BLOCK))
        (rng or random.SystemRandom()).shuffle(firsts)
        for first in firsts:
            if len(numbers) >= count:
                break
            if (listener := _listening(first)) is not None:
                held.append(listener)
                numbers += [port for port in range(first + 1, first + BLOCK) if _free(port)]
        ports = cls(held, numbers[:count])
        if len(numbers) < count:
            ports.close()
            raise HarnessFailed(f"choosing ports: {count} free ones are needed between {FIRST} and {LAST}")
        return ports

    def close(self) -> None:
        """Let others have them."""
        for listener in self._held:
            listener.close()
        self._held.clear()


def listens(port: int, within: float = 0.2) -> bool:
    """Say whether somebody accepts connections there."""
    with suppress(OSError), socket.create_connection((HOST, port), within):
        return True
    return False


def _listening(port: int) -> socket.socket | None:
    listener = socket.socket()
    try:
        # What is left of ended connections is no obstacle, here as for the servers.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(1)
    except OSError:
        listener.close()
        return None
    return listener


def _free(port: int) -> bool:
    if (listener := _listening(port)) is None:
        return False
    listener.close()
    return True
