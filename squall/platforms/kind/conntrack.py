"""What the nodes of kind still remember of connections to pods that are gone, and its end.

A node's kernel decides with the first packet of a connection which pod it is for, and keeps to that. Where the pod was
lost with its machine nobody answers: the entry stays for two minutes after its last packet, and whoever comes from the
same port of the same address meanwhile is led to nowhere, whatever runs by then. Such entries are what a node's fault
leaves behind, so they are dropped with it.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_network

from squall.errors import HarnessFailed
from squall.platforms.kind.machine import Machine, neighbours

# By the node's own tools: "tcp 6 117 SYN_SENT src=CLIENT dst=DOOR sport=.. dport=.. [UNREPLIED] src=POD dst=.. ...".
_LIST = "command -v conntrack >/dev/null || exit 127; conntrack -L -f ipv4 2>/dev/null || true"
_DROP = 'for address in "$@"; do conntrack -D -f ipv4 -r "$address" 2>/dev/null; done; true'
_ROUTES = "ip -4 route show"
_LASTING = "for 2 minutes connections may be led to pods that are gone"


def drop_gone(node: str, subnet: str) -> str:
    """Drop what all nodes of a cluster that run remember of addresses of a node's pods that no pod has any more.

    ``subnet`` is where the node's pods have their addresses (podCIDR). Return what was done, for the record; empty if
    there was nothing. What cannot be dropped is named, and is no reason to fail: it ends by itself.
    """
    if not subnet:
        return ""
    told: dict[str, set[str]] = {}
    failed: list[str] = []
    done = 0
    try:
        for name in neighbours(Machine(node)):
            with _named(name, failed):
                told[name] = answering(Machine(name).call("sh", "-c", _LIST).splitlines())
        # Asked after the tables: a pod that has a connection in one of them is there by now.
        alive = living(Machine(node).call("sh", "-c", _ROUTES).splitlines())
    except HarnessFailed as error:
        return f"{_LASTING}: {error}"
    for name, addresses in told.items():
        if lost := gone(addresses, subnet, alive):
            with _named(name, failed):
                done += len(Machine(name).call("sh", "-c", _DROP, "drop", *sorted(lost)).splitlines())
    said = [f"{done} entries of connections to pods that are gone were dropped"] if done else []
    return "; ".join([*said, *([f"{_LASTING}: {', '.join(failed)}"] if failed else [])])


@contextmanager
def _named(node: str, failed: list[str]) -> Iterator[None]:
    try:
        yield
    except HarnessFailed as error:
        failed.append(f"{node} ({error})")


def answering(table: Iterable[str]) -> set[str]:
    """Return who is to answer the connections of a table: the source of each one's second direction."""
    sources = ([word.removeprefix("src=") for word in line.split() if word.startswith("src=")] for line in table)
    return {both[1] for both in sources if len(both) == 2}


def living(routes: Iterable[str]) -> set[str]:
    """Return the addresses of a node's pods: each has a route of its own there."""
    return {words[0] for line in routes if (words := line.split()) and _address(words[0]) is not None}


def gone(addresses: Iterable[str], subnet: str, alive: Collection[str]) -> set[str]:
    """Return those in a node's subnet that no pod has; the first is the node's own."""
    network = ip_network(subnet, strict=False)
    found = {each for each in addresses if (read := _address(each)) is not None and read in network}
    return found - set(alive) - {str(network.network_address + 1)}


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None
