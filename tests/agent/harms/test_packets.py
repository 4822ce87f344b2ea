"""Harms to packets, in real network namespaces of this machine's kernel."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from squall.agent.harms import kubelet_probes as spared
from squall.agent.harms import packets
from squall.agent.harms.contract import AS_STATED, BY_OTHERS, TARGET_GONE
from squall.agent.harms.registry import HARMS
from squall.agent.linux import nft_table as table
from squall.agent.wire import Message, Refused
from tests.agent.networks import PORT, USER, Networks, joined, needs_networks, place, target_of

pytestmark = [needs_networks, pytest.mark.slow]

OTHER = 9000
# Answers each question with "no such name".
NAME_SERVER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 53))
while True:
    asked, who = s.recvfrom(512)
    s.sendto(asked[:2] + bytes([0x81, 0x83]) + asked[4:], who)
"""


@pytest.fixture
def networks() -> Iterator[Networks]:
    with joined() as networks:
        yield networks


def aimed(do: str, target: Message, **order: object) -> Any:
    return HARMS[do].pin({"do": do, "seq": 1, "targets": [target], "lasts": 20, **order}, place())


@contextmanager
def harmed(do: str, target: Message, **order: object) -> Iterator[tuple[Any, Message]]:
    """Harm, and yield the harm and its effect; take it back in any case."""
    harm = aimed(do, target, **order)
    try:
        yield harm, harm.do()["targets"][0]
    finally:
        HARMS[do].undo(harm.journal())
        with suppress(OSError):
            harm.close()


def test_one_that_is_unreachable_hangs_its_users_and_comes_back(networks: Networks) -> None:
    target = networks.serve()
    with networks.connect() as established, harmed("Unreachable", target) as (harm, effect):
        assert effect["proven"], effect
        assert "1 established connections reset" in effect["how"]
        assert effect["seen"] - effect["sent"] < packets.PROVEN_WITHIN
        with pytest.raises(ConnectionResetError):
            established.recv(1)
        with pytest.raises(TimeoutError):
            networks.connect()
        (end,) = harm.end()["targets"]
        assert end["ending"] == AS_STATED, end
        assert networks.reached()
        assert networks.ruleset() == ""


def test_for_new_connections_those_that_stand_go_on(networks: Networks) -> None:
    target = networks.serve()
    with networks.connect() as established, harmed("Unreachable", target, established=False) as (_, effect):
        assert effect["proven"], effect
        established.sendall(b"x")
        assert established.recv(1) == b"x"
        assert not networks.reached()


def test_the_node_reaches_the_ports_that_it_probes(networks: Networks, monkeypatch: pytest.MonkeyPatch) -> None:
    target = networks.serve()
    monkeypatch.setattr(spared, "own", lambda proc, pid: [ip_address(USER)])
    with harmed("Unreachable", {**target, "probed": [PORT]}) as (_, effect):
        assert effect["proven"], effect
        assert networks.reached()
    with harmed("Unreachable", {**target, "probed": [PORT + 1]}) as (_, effect):
        assert effect["proven"], effect
        assert not networks.reached()


def test_what_the_target_asks_of_others_is_still_answered(networks: Networks) -> None:
    target = networks.serve()
    networks.listen(networks.user, OTHER)
    with harmed("Unreachable", target) as (_, effect):
        assert effect["proven"], effect
        networks.within(networks.target, lambda: socket.create_connection((USER, OTHER), 1).close())


@pytest.mark.parametrize("both", [True, False])
def test_a_partition_cuts_by_address(networks: Networks, both: bool) -> None:
    target = networks.serve()
    networks.listen(networks.user, OTHER)
    with (
        networks.connect() as established,
        harmed("Partition", target, addresses=[[USER, OTHER]], both=both) as (harm, effect),
    ):
        assert effect["proven"], effect
        established.settimeout(0.3)
        established.sendall(b"x")
        with pytest.raises(TimeoutError):
            established.recv(1)
        (end,) = harm.end()["targets"]
        assert end["ending"] == AS_STATED, end
        established.settimeout(3)
        assert established.recv(1) == b"x"


def test_where_there_was_no_way_before_nothing_can_be_cut(networks: Networks) -> None:
    target = networks.serve()
    with pytest.raises(Refused, match=r"failed \(Connection refused\), before anything was done"):
        aimed("Partition", target, addresses=[[USER, OTHER]])
    with pytest.raises(Refused, match="no address"):
        aimed("Partition", target, addresses=[])
    assert networks.ruleset() == ""


def test_one_that_uses_the_network_of_its_node_is_immune(networks: Networks) -> None:
    child = subprocess.Popen(["sleep", "60"])
    networks.children.append(child)
    with pytest.raises(Refused, match="uses the network of its node"):
        aimed("Unreachable", target_of(child))


def test_one_that_listens_on_nothing_cannot_be_made_unreachable(networks: Networks) -> None:
    child = networks.start(networks.target, "sleep", "60")
    time.sleep(0.2)
    with pytest.raises(Refused, match="listens on no TCP port"):
        aimed("Unreachable", target_of(child))


@pytest.fixture
def resolver(networks: Networks) -> Iterator[Message]:
    """A target whose resolv.conf names a server in the user's namespace."""
    folder = Path("/etc/netns") / networks.target
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text(f"search a.example b.example\nnameserver {USER}\n")
    networks.start(networks.user, sys.executable, "-c", NAME_SERVER)
    target = networks.serve()
    time.sleep(0.5)
    yield target
    (folder / "resolv.conf").unlink()
    folder.rmdir()


@pytest.mark.parametrize(("refused", "text"), [(True, "not permitted"), (False, "no answer within")])
def test_name_resolution_fails_as_ordered(networks: Networks, resolver: Message, refused: bool, text: str) -> None:
    with harmed("NameResolution", resolver, refused=refused) as (harm, effect):
        assert effect["proven"], effect
        assert text in effect["how"]
        assert "look-up of a.example" in effect["how"]
        assert networks.reached()
        (end,) = harm.end()["targets"]
        assert end["ending"] == AS_STATED, end
    assert networks.ruleset() == ""


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("options edns0\n", "asks no name server"),
        ("nameserver 127.0.0.1\n", "before anything was done"),
    ],
    ids=["none", "nobody there"],
)
def test_one_that_asks_nobody_is_immune(networks: Networks, told: str, why: str) -> None:
    folder = Path("/etc/netns") / networks.target
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text(told)
    try:
        target = networks.serve()
        with pytest.raises(Refused, match=why):
            aimed("NameResolution", target)
    finally:
        (folder / "resolv.conf").unlink()
        folder.rmdir()


def test_rules_that_someone_else_makes_ineffective_prove_nothing(networks: Networks) -> None:
    target = networks.serve()
    harm = aimed("Unreachable", target, established=False)
    harm._sites[0].table.load = lambda body: table.Table.load(harm._sites[0].table, body.replace("drop", "accept"))
    try:
        (effect,) = harm.do()["targets"]
        assert not effect["proven"]
        assert "still gets through" in effect["how"]
    finally:
        HARMS["Unreachable"].undo(harm.journal())
        harm.close()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["delete", "table", "inet", "{}"], "was removed"),
        (["flush", "chain", "inet", "{}", "incoming"], "were changed"),
        (["flush", "set", "inet", "{}", "lease"], "ran out"),
    ],
)
def test_who_ends_it_early_is_told(networks: Networks, words: list[str], text: str) -> None:
    target = networks.serve()
    with harmed("Unreachable", target) as (harm, effect):
        assert effect["proven"]
        networks.nft(*(word.format(harm._sites[0].table.name) for word in words))
        assert networks.reached()
        (end,) = harm.end()["targets"]
        assert end["ending"] == BY_OTHERS
        assert text in end["how"]
    assert networks.ruleset() == ""


def test_the_kernel_ends_what_is_not_renewed_and_what_is_stands(
    networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "LEASE", 4.0)
    target = networks.serve()
    with harmed("Unreachable", target) as (harm, _):
        for _ in range(3):
            time.sleep(1.5)
            harm.renew()
        assert not networks.reached()
        time.sleep(4.1)
        assert networks.reached()
        harm.renew()
        (end,) = harm.end()["targets"]
        assert (end["ending"], "ran out" in end["how"]) == (BY_OTHERS, True)


def test_a_target_that_went_took_the_harm_with_it(networks: Networks) -> None:
    target = networks.serve()
    with harmed("Unreachable", target) as (harm, _):
        networks.children[0].kill()
        networks.children[0].wait()
        (end,) = harm.end()["targets"]
        assert end["ending"] == TARGET_GONE


def test_a_successor_undoes_by_what_is_written_down(networks: Networks) -> None:
    target = networks.serve()
    harm = aimed("Unreachable", target)
    harm.do()
    entry = harm.journal()
    harm.close()
    assert not networks.reached()
    assert "is gone" in HARMS["Unreachable"].undo(entry)
    assert networks.reached()
    assert "was not there" in HARMS["Unreachable"].undo(entry)
    networks.children[0].kill()
    networks.children[0].wait()
    assert "network of the table" in HARMS["Unreachable"].undo(entry)


def test_ours_stands_beside_the_rules_of_others(networks: Networks) -> None:
    networks.nft("add", "table", "inet", "theirs")
    target = networks.serve()
    with harmed("Unreachable", target) as (harm, _):
        harm.end()
    assert networks.ruleset().strip() == "table inet theirs {\n}"
