"""Harms to packets on the real cluster: they bite with proof, are undone with proof, and leave nothing."""

import time

import pytest
from pydantic import JsonValue as Json

from squall.instances import Ended, Instance
from squall.platforms.capability import Network
from squall.platforms.kind.machine import end_containers
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.labels import OURS, agent_name
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.objects.pods import containers
from tests.kind.networks import asked, one, rules_at, until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

LASTS = 60.0


def store_of(network: Kind) -> Instance:
    return one(network, "store")


def test_it_offers_networks(network: Kind) -> None:
    assert isinstance(network, Network)
    by_pod, by_service = network.addresses("store")
    assert {by_pod.port, by_service.port} == {6379}
    assert by_pod.ip != by_service.ip
    assert network.addresses("bare") == []


def test_an_unreachable_store_hangs_its_users_and_not_the_kubelet(network: Kind) -> None:
    store = store_of(network)
    (evidence,) = network.harm("Unreachable", [store], lasts=LASTS, established=True)
    assert evidence.proven, evidence.how
    assert "1 established connections reset" in evidence.how
    assert evidence.onset.high - evidence.onset.low < 3
    assert (asked("/kept"), asked("/new"), asked("/name"), asked("/")) == ("503", "503", "200", "200")
    assert "squall_" in rules_at(store)
    time.sleep(4)
    assert one(network, "store").ready
    (ending,) = network.end("Unreachable", [store])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert (asked("/kept"), asked("/new")) == ("200", "200")
    assert rules_at(store) == ""


def test_for_new_connections_the_kept_one_goes_on(network: Kind) -> None:
    (evidence,) = network.harm("Unreachable", [store_of(network)], lasts=LASTS, established=False)
    assert evidence.proven, evidence.how
    assert (asked("/kept"), asked("/new")) == ("200", "503")
    (ending,) = network.end("Unreachable", [store_of(network)])
    assert ending.ended is Ended.AS_STATED, ending.how


@pytest.mark.parametrize("both", [True, False])
def test_a_partition_cuts_the_shop_from_its_store(network: Kind, both: bool) -> None:
    shop, found = one(network, "shop"), network.addresses("store")
    others: list[Json] = [[address.ip, address.port] for address in found]
    (evidence,) = network.harm("Partition", [shop], lasts=LASTS, both=both, addresses=others)
    assert evidence.proven, evidence.how
    assert (asked("/kept"), asked("/new"), asked("/name")) == ("503", "503", "200")
    (ending,) = network.end("Partition", [shop])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert asked("/new") == "200"
    assert rules_at(shop) == ""


@pytest.mark.parametrize("refused", [True, False])
def test_names_are_not_resolved(network: Kind, refused: bool) -> None:
    shop = one(network, "shop")
    (evidence,) = network.harm("NameResolution", [shop], lasts=LASTS, refused=refused)
    assert evidence.proven, evidence.how
    assert asked("/new") == "200"
    # A resolver that gets no answer waits for five seconds, and users for two.
    assert asked("/name") == ("503" if refused else "timed out")
    (ending,) = network.end("NameResolution", [shop])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert asked("/name") == "200"
    assert rules_at(shop) == ""


@pytest.mark.parametrize(
    ("harm", "order"),
    [("Unreachable", {}), ("Partition", {"addresses": [["192.0.2.1", 1]]}), ("NameResolution", {})],
)
def test_one_that_uses_the_network_of_its_node_is_immune(network: Kind, harm: str, order: dict[str, object]) -> None:
    (evidence,) = network.harm(harm, [one(network, "bare")], lasts=LASTS, **order)  # type: ignore[arg-type]
    assert not evidence.proven
    assert "uses the network of its node" in evidence.how


def test_where_there_was_no_way_nothing_is_cut(network: Kind) -> None:
    (evidence,) = network.harm("Partition", [one(network, "shop")], lasts=LASTS, addresses=[["192.0.2.1", 1]])
    assert not evidence.proven
    assert "before anything was done" in evidence.how
    assert rules_at(one(network, "shop")) == ""


def test_a_killed_agent_is_started_again_and_undoes_what_it_held(network: Kind, run: str) -> None:
    store = store_of(network)
    (evidence,) = network.harm("Unreachable", [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    agent = network._api.get(within(OURS, "pod", agent_name(run, store.node)))
    end_containers(store.node, containers(agent))
    until(lambda: asked("/new") == "200", 15, "the store is back after its agent was killed")
    assert rules_at(store) == ""
    (ending,) = network.end("Unreachable", [store])
    assert ending.ended is Ended.BY_OTHERS
    assert "ended before the harm did" in ending.how


def test_an_agent_that_nobody_speaks_to_ends_it_when_its_lease_runs_out(network: Kind) -> None:
    store = store_of(network)
    (evidence,) = network.harm("Unreachable", [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    network._agents.close()
    took = until(lambda: asked("/new") == "200", 30, "the store is back after the harness went silent")
    assert took > 8
    assert rules_at(store) == ""


def test_it_ends_by_itself_when_its_time_is_over(network: Kind) -> None:
    store = store_of(network)
    (evidence,) = network.harm("Unreachable", [store], lasts=3.0)
    assert evidence.proven, evidence.how
    until(lambda: asked("/new") == "200", 10, "the store is back after three seconds")
    (ending,) = network.end("Unreachable", [store])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert rules_at(store) == ""


def test_a_crash_in_the_middle_ends_nothing_and_a_new_pod_ends_all(network: Kind) -> None:
    store = store_of(network)
    (evidence,) = network.harm("Unreachable", [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    (killed,) = network.harm("Crash", [store])
    assert killed.proven, killed.how
    until(lambda: one(network, "store").ready and one(network, "store") != store, 20, "the store's container is back")
    assert asked("/new") == "503"
    assert all(proof.proven for proof in network.delete([one(network, "store")], 20.0))
    until(lambda: asked("/new") == "200", 30, "another pod of the store answers")
    (ending,) = network.end("Unreachable", [store])
    assert ending.ended is Ended.TARGET_GONE, ending.how
