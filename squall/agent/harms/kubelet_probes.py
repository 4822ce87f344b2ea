"""Exempts kubelet probes from packet faults; otherwise the kubelet would restart the target."""

from collections.abc import Sequence

from squall.agent.harms.packets import Spot
from squall.agent.linux.addresses import Address, own

# With the host's PID namespace, process 1 is in the node's network.
NODE = 1


def probe_sources(spot: Spot) -> tuple[Sequence[Address], Sequence[int]]:
    """Return the node's addresses, and the ports that it probes at this target."""
    return own(spot.proc, NODE), sorted(int(port) for port in spot.target.get("probed") or ())


def exempting_rules(node: Sequence[Address], probed: Sequence[int]) -> list[str]:
    """Return the rules that let it pass."""
    ports = f"{{ {', '.join(map(str, probed))} }}"
    if not probed:
        return []
    return [
        f"{family} saddr {{ {', '.join(map(str, chosen))} }} tcp dport {ports} accept"
        for family, version in (("ip", 4), ("ip6", 6))
        if (chosen := [each for each in node if each.version == version])
    ]
