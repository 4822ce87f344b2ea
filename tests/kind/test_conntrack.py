"""Entries of connections to pods that are gone are dropped on the real nodes, by the tools of their image."""

import pytest

from squall.platforms.kind.conntrack import answering, drop_gone, living
from squall.platforms.kind.machine import Machine
from tests.kind.harmed import platform

pytestmark = [pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(120)]
DOOR = Machine("squall-control-plane")


def remember(address: str, port: int) -> None:
    """Write down on the control plane that a connection was led to an address, and not answered."""
    DOOR.call(
        *("conntrack", "-I", "-p", "tcp", "-s", "172.18.0.1", "-d", "172.18.0.2", "--sport", str(port)),
        *("--dport", "30099", "--reply-src", address, "--reply-dst", "172.18.0.2", "--reply-port-src", "8080"),
        *("--reply-port-dst", str(port), "--state", "SYN_SENT", "--timeout", "60"),
    )


def table() -> set[str]:
    return answering(DOOR.call("conntrack", "-L", "-p", "tcp", "--dport", "30099").splitlines())


def test_what_leads_to_a_pod_that_is_gone_is_dropped_and_the_rest_stays() -> None:
    kind = platform()
    try:
        node = min(kind.workers())
        subnet = kind.harm_context.api.get(f"/api/v1/nodes/{node}")["spec"]["podCIDR"]
        assert isinstance(subnet, str)
    finally:
        kind.close()
    alive = sorted(living(Machine(node).call("ip", "-4", "route", "show").splitlines()))
    lost = subnet.rpartition(".")[0] + ".251"
    assert lost not in alive
    remember(lost, 40001)
    if alive:
        remember(alive[0], 40002)
    try:
        assert lost in table()
        said = drop_gone(node, subnet)
        assert said.endswith("entries of connections to pods that are gone were dropped"), said
        assert table() == set(alive[:1])
        assert drop_gone(node, subnet) == ""
    finally:
        DOOR.call("sh", "-c", "conntrack -D -p tcp --dport 30099 || true")
