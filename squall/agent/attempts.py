"""Attempts from inside a network namespace: what its processes would get if they tried."""

import socket
from collections.abc import Callable

from squall.agent.addresses import Address
from squall.agent.namespaces import Namespace


def connected_to(namespace: Namespace, address: Address, port: int, within: float) -> str:
    """Connect by TCP; say how it failed, or nothing."""

    def attempt() -> None:
        with socket.create_connection((str(address), port), timeout=within):
            pass

    return _said(f"a connect to {address} port {port}", within, namespace, attempt)


def answered_by(namespace: Namespace, address: Address, port: int, question: bytes, within: float) -> str:
    """Send a UDP packet and wait for any answer; say how it failed, or nothing."""

    def attempt() -> None:
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.settimeout(within)
            asking.connect((str(address), port))
            asking.send(question)
            asking.recv(65536)

    return _said(f"a question to {address} port {port}", within, namespace, attempt)


def _said(what: str, within: float, namespace: Namespace, attempt: Callable[[], None]) -> str:
    try:
        namespace.within(attempt)
    except TimeoutError:
        return f"{what} got no answer within {within:g} s"
    except OSError as error:
        return f"{what} failed ({error.strerror or error})"
    return ""
