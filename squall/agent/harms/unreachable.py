"""Nothing gets through to a target any more: packets to its ports are dropped, and established connections are reset.

``{"do": "Unreachable", "targets": [{..., "probed": [ports]}], "established": true, "lasts": seconds}``. What the node
itself sends to ``probed`` ports passes: the kubelet's probes. Answers to what the target asks of others pass too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from squall.agent.harms.contract import Harm
from squall.agent.harms.kubelet_probes import exempting_rules, probe_sources
from squall.agent.harms.packets import LOST, Packets, Spot
from squall.agent.linux.addresses import Address, own
from squall.agent.linux.connectivity import connected_to
from squall.agent.linux.namespaces import Namespace
from squall.agent.linux.nft_table import FIRST, ON_LEASE
from squall.agent.linux.sockets import Socket, connected, listening, receiving, reset
from squall.agent.wire import Refused

# The ports of clients' own UDP sockets begin here, unless the namespace says otherwise.
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True, slots=True)
class ClosedPorts:
    """The ports of one target, closed to all but the node's probes."""

    namespace: Namespace
    address: Address
    tcp: Sequence[int]
    udp: Sequence[int]
    probed: Sequence[int]
    node: Sequence[Address]
    established: bool

    @property
    def rules(self) -> str:
        """Drop what comes to the ports; what belongs to an established connection is answered by a reset."""
        tcp, udp = _listed(self.tcp), _listed(self.udp)
        lines = [ON_LEASE, "iif lo ip saddr 127.0.0.0/8 accept", "iif lo ip6 saddr ::1 accept"]
        lines += exempting_rules(self.node, self.probed)
        if self.established:
            lines.append(f"tcp flags & (syn | ack) == ack tcp dport {tcp} counter name {LOST} reject with tcp reset")
            lines.append(f"tcp dport {tcp} counter name {LOST} drop")
            lines.append(f"icmp type echo-request counter name {LOST} drop")
        else:
            lines.append(f"tcp flags & (syn | ack) == syn tcp dport {tcp} counter name {LOST} drop")
        if self.udp:
            lines.append(f"udp dport {udp} counter name {LOST} drop")
        chain = "\n".join(lines)
        return f"chain incoming {{ type filter hook input priority {FIRST}; policy accept;\n{chain}\n}}"

    def attempt(self, within: float) -> str:
        """Connect to the first port, by the target's own address."""
        return connected_to(self.namespace, self.address, self.tcp[0], within)

    def sever(self) -> str:
        """Reset established connections, but for the node's probes."""
        if not self.established:
            return ""
        ended = reset(self.namespace, [each for each in connected(self.namespace) if self._to_be_ended(each)])
        return f"{ended} established connections reset"

    def _to_be_ended(self, each: Socket) -> bool:
        probing = each.other in self.node and each.port in self.probed
        return each.port in self.tcp and not each.other.is_loopback and not probing


def unreachable(spot: Spot) -> ClosedPorts:
    """Read what the target listens on. Raises Refused: nothing that others could reach."""
    tcp = sorted({each.port for each in listening(spot.namespace)})
    addresses = own(spot.proc, spot.process.pid)
    if not tcp or not addresses:
        raise Refused(f"process {spot.process.pid} listens on no TCP port that others could reach")
    first = spot.namespace.within(lambda: int(EPHEMERAL.read_text().split()[0]))
    udp = sorted({each.port for each in receiving(spot.namespace) if each.port < first})
    node, probed = probe_sources(spot)
    return ClosedPorts(spot.namespace, addresses[0], tcp, udp, probed, node, bool(spot.order.get("established", True)))


def _listed(ports: Sequence[int]) -> str:
    return f"{{ {', '.join(map(str, ports))} }}"


HARMS: Mapping[str, Harm] = {"Unreachable": Packets(unreachable)}
