"""Attempts from inside a network namespace: what its processes would get if they tried."""

import socket
from collections.abc import Callable
from typing import Protocol, TypeVar

from squall.agent.linux.addresses import Address

T = TypeVar("T")


class TargetNetwork(Protocol):
    """The network that a target is in."""

    def within(self, work: Callable[[], T]) -> T:
        """Do something there, and return what it returned or raise what it raised."""
        ...


def connected_to(network: TargetNetwork, address: Address, port: int, within: float) -> str:
    """Connect by TCP; say how it failed, or nothing."""

    def attempt() -> None:
        with socket.create_connection((str(address), port), timeout=within):
            pass

    return _said(f"a connect to {address} port {port}", within, network, attempt)


def answered_by(network: TargetNetwork, address: Address, port: int, question: bytes, within: float) -> str:
    """Send a UDP packet and wait for any answer; say how it failed, or nothing."""

    def attempt() -> None:
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.settimeout(within)
            asking.connect((str(address), port))
            asking.send(question)
            asking.recv(65536)

    return _said(f"a question to {address} port {port}", within, network, attempt)


def _said(what: str, within: float, network: TargetNetwork, attempt: Callable[[], None]) -> str:
    try:
        network.within(attempt)
    except TimeoutError:
        return f"{what} got no answer within {within:g} s"
    except OSError as error:
        return f"{what} failed ({error.strerror or error})"
    return ""
