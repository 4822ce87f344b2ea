"""A Service that is reached from outside becomes cluster-internal."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue as Json

from squall.agent.expiry.marks import mark_text
from squall.errors import InjectionFailed
from squall.platforms.kubernetes.access.rights import SERVICES
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import NODES
from squall.platforms.kubernetes.harms.field_harm import FieldHarm
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.marks.mark import Mark

OPEN = {"NodePort", "LoadBalancer"}
INTERNAL = "ClusterIP"
# What only an open Service may have; the server would take it away, and not know it when it is opened again.
ONLY_OPEN = ("externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass",
             "loadBalancerIP", "loadBalancerSourceRanges")  # fmt: skip
ANSWERS_WITHIN = 0.5

Address = tuple[str, int]


@does("Close", "to change a Service's type", marks=SERVICES)
@dataclass(frozen=True, slots=True)
class CloseHarm(FieldHarm):
    """A Service becomes ClusterIP and gets its node ports back at the end.

    The effect is that no node lets a new connection in at them. What is connected stays connected: kube-proxy
    forgets nobody.
    """

    service: str

    def places(self) -> Sequence[ObjectRef]:
        """Return the Service."""
        return [self.context.workloads.service(self.service)]

    def wrote(self, place: ObjectRef, found: Object) -> Mapping[str, Json]:
        """Take its type and all that goes with it; a Service that lets nobody in is refused."""
        spec = found["spec"]
        if (kind := spec.get("type")) not in OPEN:
            raise InjectionFailed(f"closing {place}: it is {kind}, so nobody outside reaches it as it is")
        numbers = [port.get("nodePort") for port in spec["ports"]]
        addresses = [(ip, number) for ip in self._node_addresses() for number in numbers if number]
        if not any(lets_in(address) for address in addresses):
            raise InjectionFailed(f"closing {place}: no node lets a connection in from here as it is")
        ports = {f"/spec/ports/{index}/nodePort": None for index, number in enumerate(numbers) if number}
        return {**{f"/spec/{name}": None for name in ONLY_OPEN if name in spec}, **ports, "/spec/type": INTERNAL}

    def seen(self, place: ObjectRef, written: Object) -> str:
        """Connect anew to each port that it had on each node."""
        numbers = list(_ports(written))
        addresses = [(ip, number) for ip in self._node_addresses() for number in numbers]
        if any(lets_in(address) for address in addresses):
            return ""
        said = ", ".join(str(number) for number in numbers)
        return f"{place} is {INTERNAL}; none of {len(self._node_addresses())} nodes lets a connection in at {said}"

    def _node_addresses(self) -> Sequence[str]:
        nodes = self.context.api.items(NODES)
        return [str(each["address"]) for node in nodes for each in node["status"].get("addresses") or ()
                if each["type"] == "InternalIP"]  # fmt: skip


def _ports(written: Object) -> Iterator[int]:
    for change in Mark.parsed(mark_text(written) or "").changes:
        if change.path.endswith("/nodePort") and isinstance(change.was, int):
            yield change.was


def lets_in(address: Address) -> bool:
    """Say whether a new connection is accepted."""
    try:
        with socket.create_connection(address, ANSWERS_WITHIN):
            return True
    except OSError:
        return False
