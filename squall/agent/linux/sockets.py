"""The TCP and UDP sockets of a network namespace, asked of the kernel (sock_diag), and ending connections.

The layouts are those of linux/inet_diag.h and linux/sock_diag.h.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from squall.agent.linux.addresses import Address
from squall.agent.linux.namespaces import Namespace

NETLINK_SOCK_DIAG: Final = 4
BY_FAMILY: Final = 20
DESTROY: Final = 21
ERROR: Final = 2
DONE: Final = 3
REQUEST: Final = 1
ACK: Final = 4
DUMP: Final = 0x300
HEADER: Final = struct.Struct("=IHHII")
# Family, protocol, extensions, padding, states.
ASKED: Final = struct.Struct("=BBBBI")
# Source and destination port, source and destination address, interface, cookie.
WHICH: Final = struct.Struct("!HH16s16s4s8s")
ESTABLISHED, CLOSED, LISTENING = 1, 7, 10
CLOSE_WAIT = 8
ANSWER_WITHIN = 2.0


@dataclass(frozen=True, slots=True)
class Socket:
    """One socket: its own address and port, the other end's, and how the kernel knows it."""

    family: int
    protocol: int
    address: Address
    port: int
    other: Address
    known_by: bytes

    @property
    def from_outside(self) -> bool:
        """Whether others can reach it."""
        return not self.address.is_loopback


def listening(namespace: Namespace) -> list[Socket]:
    """Return the TCP sockets that wait for connections from outside."""
    return [each for each in _sockets(namespace, socket.IPPROTO_TCP, 1 << LISTENING) if each.from_outside]


def receiving(namespace: Namespace) -> list[Socket]:
    """Return the UDP sockets that take packets from anyone outside."""
    found = _sockets(namespace, socket.IPPROTO_UDP, 1 << CLOSED)
    return [each for each in found if each.from_outside and each.other.is_unspecified]


def connected(namespace: Namespace) -> list[Socket]:
    """Return the established TCP connections."""
    return _sockets(namespace, socket.IPPROTO_TCP, 1 << ESTABLISHED | 1 << CLOSE_WAIT)


def reset(namespace: Namespace, chosen: list[Socket]) -> int:
    """End connections, each with a reset to its other end, and return how many; those that ended by themselves not.

    A kernel without INET_DIAG_DESTROY ends none.
    """

    def end() -> int:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as line:
            line.settimeout(ANSWER_WITHIN)
            return sum(_ended(line, each) for each in chosen)

    return namespace.within(end) if chosen else 0


def _ended(line: socket.socket, chosen: Socket) -> bool:
    body = ASKED.pack(chosen.family, chosen.protocol, 0, 0, 0xFFFFFFFF) + chosen.known_by
    line.send(HEADER.pack(HEADER.size + len(body), DESTROY, REQUEST | ACK, 1, 0) + body)
    answer = line.recv(65536)
    _, kind, _, _, _ = HEADER.unpack_from(answer)
    return kind == ERROR and not any(struct.unpack_from("=i", answer, HEADER.size))


def _sockets(namespace: Namespace, protocol: int, states: int) -> list[Socket]:
    def ask() -> list[Socket]:
        return [each for family in (socket.AF_INET, socket.AF_INET6) for each in _asked(family, protocol, states)]

    return namespace.within(ask)


def _asked(family: int, protocol: int, states: int) -> Iterator[Socket]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as line:
        line.settimeout(ANSWER_WITHIN)
        body = ASKED.pack(family, protocol, 0, 0, states) + bytes(WHICH.size)
        line.send(HEADER.pack(HEADER.size + len(body), BY_FAMILY, REQUEST | DUMP, 1, 0) + body)
        while True:
            for kind, content in _messages(line.recv(262144)):
                if kind == DONE:
                    return
                if kind == ERROR:
                    number = -struct.unpack_from("=i", content)[0]
                    # A kernel without the sixth version has none of its sockets.
                    if family == socket.AF_INET6:
                        return
                    raise OSError(number, "the kernel does not tell its sockets")
                yield _read(family, protocol, content)


def _messages(piece: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + HEADER.size <= len(piece):
        length, kind, _, _, _ = HEADER.unpack_from(piece, at)
        yield kind, piece[at + HEADER.size : at + length]
        at += (length + 3) & ~3


def _read(family: int, protocol: int, content: bytes) -> Socket:
    known_by = content[4 : 4 + WHICH.size]
    port, _, source, destination, _, _ = WHICH.unpack(known_by)
    return Socket(family, protocol, _address(family, source), port, _address(family, destination), known_by)


def _address(family: int, packed: bytes) -> Address:
    if family == socket.AF_INET:
        return ipaddress.IPv4Address(packed[:4])
    address = ipaddress.IPv6Address(packed)
    return address.ipv4_mapped or address
