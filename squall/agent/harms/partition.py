"""Packets between a target and the addresses of another service are dropped, both ways or only on their way there.

``{"do": "Partition", "targets": [...], "addresses": [["10.0.0.7", 6379], ...], "both": true, "lasts": seconds}``.
Nothing is reset: no reset would get through a cut either, so established connections hang.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from squall.agent.harms.contract import Harm
from squall.agent.harms.kubelet_probes import probe_sources
from squall.agent.harms.packets import LOST, Packets, Spot
from squall.agent.linux.addresses import Address
from squall.agent.linux.connectivity import connected_to
from squall.agent.linux.namespaces import Namespace
from squall.agent.linux.nft_table import FIRST, ON_LEASE
from squall.agent.wire import Refused

Other = tuple[Address, int]


@dataclass(frozen=True, slots=True)
class PartitionRules:
    """One target, cut off from the addresses of the other."""

    namespace: Namespace
    others: Sequence[Other]
    both: bool

    @property
    def rules(self) -> str:
        """Drop by address: of all packets that go there and, unless only one way, of all that come from there."""
        chains = [_chain("outgoing", "output", "daddr", self._addresses)]
        if self.both:
            chains.append(_chain("incoming", "input", "saddr", self._addresses))
        return "\n".join(chains)

    @property
    def _addresses(self) -> list[Address]:
        return list(dict.fromkeys(address for address, _ in self.others))

    def attempt(self, within: float) -> str:
        """Connect to the addresses one after the other until one answers."""
        failed = ""
        for address, port in self.others:
            if not (failed := connected_to(self.namespace, address, port, within / len(self.others))):
                return ""
        return failed

    def sever(self) -> str:
        """End nothing."""
        return ""


def partition(spot: Spot) -> PartitionRules:
    """Read the addresses. Raises Refused: there are none, or one of them is the node's own address."""
    others = [(ipaddress.ip_address(address), int(port)) for address, port in spot.order["addresses"]]
    if not others:
        raise Refused("the other side has no address")
    node, _ = probe_sources(spot)
    if own := next((address for address, _ in others if address in node), None):
        raise Refused(f"the other side has the address {own} of the node: the node would be cut off too")
    return PartitionRules(spot.namespace, others, bool(spot.order.get("both", True)))


def _chain(name: str, hook: str, which: str, addresses: Sequence[Address]) -> str:
    lines = [ON_LEASE]
    for family, version in (("ip", 4), ("ip6", 6)):
        if chosen := [str(each) for each in addresses if each.version == version]:
            lines.append(f"{family} {which} {{ {', '.join(chosen)} }} counter name {LOST} drop")
    return f"chain {name} {{ type filter hook {hook} priority {FIRST}; policy accept;\n" + "\n".join(lines) + "\n}"


HARMS: Mapping[str, Harm] = {"Partition": Packets(partition)}
