"""What nodes remember of connections to pods that are gone: read as the node's own tools write it, and dropped.

The same on a real cluster: ``tests/kind/test_conntrack.py``.
"""

import subprocess
from pathlib import Path

import pytest

from squall.errors import HarnessFailed
from squall.platforms.kind.conntrack import _LIST, answering, drop_gone, gone, living

# As conntrack 1.4.7 and ip of kindest/node v1.33 write them.
TABLE = """\
tcp      6 117 SYN_SENT src=172.18.0.1 dst=172.18.0.2 sport=40312 dport=30080 [UNREPLIED] src=10.244.1.5 dst=172.18.0.2 sport=8080 dport=40312 mark=0 use=1
tcp      6 86399 ESTABLISHED src=10.244.2.7 dst=10.96.0.1 sport=443 dport=6443 src=10.244.1.9 dst=10.244.2.7 sport=6443 dport=443 [ASSURED] mark=0 use=1
tcp      6 97 TIME_WAIT src=172.18.0.1 dst=172.18.0.2 sport=40312 dport=30080 src=10.244.2.5 dst=172.18.0.2 sport=8080 dport=1 mark=0 use=1
udp      17 27 src=10.244.1.1 dst=10.244.1.9 sport=1 dport=53 src=10.244.1.1 dst=10.244.1.1 sport=53 dport=1 mark=0 use=1
"""  # noqa: E501 - as it is written
ROUTES = """\
default via 172.18.0.1 dev eth0
10.244.0.0/24 via 172.18.0.2 dev eth0
10.244.1.9 dev veth62c61aad scope host
172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.3
"""
SUBNET = "10.244.1.0/24"


class Cluster:
    """Two nodes, as docker shows them; ``lacks`` has no conntrack."""

    def __init__(self, lacks: str = "") -> None:
        self.lacks, self.dropped = lacks, list[tuple[str, tuple[str, ...]]]()

    def docker(self, of: str, words: tuple[str, ...]) -> bytes:
        if words[0] == "inspect":
            return b"a-cluster\n"
        if words[0] == "ps":
            assert "label=io.x-k8s.kind.cluster=a-cluster" in words
            return b"a-control-plane\na-worker\n"
        node, script = words[1], words[4]
        if "conntrack" in script and node == self.lacks:
            raise HarnessFailed(f"docker exec of the node {node}: exit code 127")
        if "-D" in script:
            self.dropped.append((node, words[6:]))
            return b"one\ntwo\n"
        return (ROUTES if script.startswith("ip ") else TABLE if node == "a-control-plane" else "").encode()


def test_who_is_to_answer_is_read_of_the_second_direction() -> None:
    assert answering(TABLE.splitlines()) == {"10.244.1.5", "10.244.1.9", "10.244.2.5", "10.244.1.1"}
    assert answering(["", "tcp 6", "nonsense src=1.2.3.4"]) == set()


def test_who_has_a_route_of_its_own_lives() -> None:
    assert living(ROUTES.splitlines()) == {"10.244.1.9"}


def test_gone_is_who_is_of_the_node_and_lives_there_no_more() -> None:
    assert gone({"10.244.1.5", "10.244.1.9", "10.244.2.5", "10.244.1.1", "::1", "x"}, SUBNET, {"10.244.1.9"}) == {
        "10.244.1.5"
    }


def test_only_entries_to_pods_that_are_gone_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()
    monkeypatch.setattr("squall.platforms.kind.machine._provider", cluster.docker)
    assert drop_gone("a-worker", SUBNET) == "2 entries of connections to pods that are gone were dropped"
    assert cluster.dropped == [("a-control-plane", ("10.244.1.5",))]
    assert drop_gone("a-worker", "10.244.9.0/24") == ""
    assert drop_gone("a-worker", "") == ""


def test_a_node_without_the_tool_is_named_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("squall.platforms.kind.machine._provider", Cluster(lacks="a-control-plane").docker)
    said = drop_gone("a-worker", SUBNET)
    assert said.startswith("for 2 minutes connections may be led to pods that are gone: a-control-plane (docker exec")


def test_a_provider_that_does_not_answer_is_named_and_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(of: str, words: tuple[str, ...]) -> bytes:
        raise HarnessFailed("no answer within 40 s")

    monkeypatch.setattr("squall.platforms.kind.machine._provider", silent)
    assert drop_gone("a-worker", SUBNET).endswith("no answer within 40 s")


@pytest.mark.parametrize(("tool", "code"), [("", 127), ("#!/bin/sh\nexit 1\n", 0)])
def test_a_shell_says_127_where_there_is_no_tool_and_0_where_its_table_is_empty(
    tmp_path: Path, tool: str, code: int
) -> None:
    if tool:
        (tmp_path / "conntrack").write_text(tool)
        (tmp_path / "conntrack").chmod(0o755)
    assert subprocess.run(["/bin/sh", "-c", _LIST], env={"PATH": str(tmp_path)}, check=False).returncode == code
