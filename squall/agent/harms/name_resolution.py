"""A target cannot have names resolved: what it asks of port 53, of whomever, is refused or gets no answer.

``{"do": "NameResolution", "targets": [...], "refused": true, "lasts": seconds}``. ``refused`` says whether it is told
so at once (its own send fails) or has to wait until its time limits are over (the answers are dropped).
"""

import ipaddress
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from squall.agent.harms.contract import Harm
from squall.agent.harms.packets import LOST, Packets, Spot
from squall.agent.linux.addresses import Address
from squall.agent.linux.connectivity import answered_by
from squall.agent.linux.namespaces import Namespace
from squall.agent.linux.nft_table import FIRST, ON_LEASE
from squall.agent.wire import Refused

PORT = 53


@dataclass(frozen=True, slots=True)
class Resolution:
    """One target and the servers that it asks."""

    namespace: Namespace
    servers: Sequence[Address]
    name: str
    refused: bool

    @property
    def rules(self) -> str:
        """Refuse the questions, or drop the answers: a question that is dropped would be told to who sent it."""
        if self.refused:
            hook, udp = "output", f"udp dport {PORT} counter name {LOST} reject with icmpx port-unreachable"
            tcp = f"tcp dport {PORT} counter name {LOST} reject with tcp reset"
        else:
            hook, udp = "input", f"udp sport {PORT} counter name {LOST} drop"
            tcp = f"tcp sport {PORT} counter name {LOST} drop"
        return f"chain asking {{ type filter hook {hook} priority {FIRST}; policy accept;\n{ON_LEASE}\n{udp}\n{tcp}\n}}"

    def attempt(self, within: float) -> str:
        """Ask each server until one answers; that there is no such name is an answer."""
        failed = ""
        for server in self.servers:
            if not (failed := answered_by(self.namespace, server, PORT, question(self.name), within)):
                return ""
        return f"{failed} (a look-up of {self.name})"

    def sever(self) -> str:
        """End nothing: a resolver that keeps a TCP connection meets the rules with its next packet."""
        return ""


def resolution(spot: Spot) -> Resolution:
    """Read the target's own resolv.conf. Raises Refused: it asks nobody."""
    servers, name = list[Address](), _own_name(spot)
    for line in (spot.proc / str(spot.process.pid) / "root/etc/resolv.conf").read_text().splitlines():
        match line.split():
            case ["nameserver", address, *_]:
                servers.append(ipaddress.ip_address(address.partition("%")[0]))
            case ["search", first, *_]:
                # What the nearest server answers by itself.
                name = first
    if not servers:
        raise Refused(f"process {spot.process.pid} asks no name server (resolv.conf)")
    return Resolution(spot.namespace, servers, name.rstrip("."), bool(spot.order.get("refused", True)))


def _own_name(spot: Spot) -> str:
    """Return what Docker's name server, which has no search list, knows by itself: how the container calls itself."""
    with suppress(OSError):
        if name := (spot.proc / str(spot.process.pid) / "root/etc/hostname").read_text().strip():
            return name
    return "localhost"


def question(name: str) -> bytes:
    """Return a query (RFC 1035, 4.1) for the addresses of a name."""
    labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b"."))
    return struct.pack("!6H", 0x5355, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


HARMS: Mapping[str, Harm] = {"NameResolution": Packets(resolution)}
