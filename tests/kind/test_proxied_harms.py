"""Harms to answers on the real cluster, by a proxy in the pod's network: bite, undo, nothing left."""

import time

import pytest

from squall.instances import Ended
from squall.platforms.kind.machine import end_containers
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.labels import OURS, agent_name
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.objects.pods import containers
from tests.kind.networks import asked, one, rules_at, until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

LASTS = 60.0


def took(path: str) -> float:
    began = time.monotonic()
    assert asked(path) == "200"
    return time.monotonic() - began


def test_a_store_of_any_protocol_answers_slower_and_the_kubelet_does_not_notice(network: Kind) -> None:
    store = one(network, "store")
    (evidence,) = network.harm("Slower", [store], lasts=LASTS, delay=0.3)
    assert evidence.proven, evidence.how
    assert asked("/kept") in {"200", "503"}
    assert took("/new") >= 0.3
    assert took("/kept") >= 0.3
    time.sleep(3)
    assert one(network, "store").ready
    (ending,) = network.end("Slower", [store])
    assert ending.ended is Ended.AS_STATED, ending.how
    until(lambda: asked("/kept") == "200", 5, "the shop has a connection again")
    assert took("/new") < 0.3
    assert rules_at(store) == ""


def test_a_shop_answers_errors_to_its_users(network: Kind) -> None:
    shop = one(network, "shop")
    (evidence,) = network.harm("ErrorsAnswered", [shop], lasts=LASTS, share=1.0, status=503)
    assert evidence.proven, evidence.how
    assert asked("/") == "503"
    assert one(network, "shop").ready
    (ending,) = network.end("ErrorsAnswered", [shop])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert asked("/") == "200"
    assert rules_at(shop) == ""


def test_a_store_that_speaks_no_http_is_immune_to_errors(network: Kind) -> None:
    (evidence,) = network.harm("ErrorsAnswered", [one(network, "store")], lasts=LASTS)
    assert not evidence.proven
    assert "no HTTP" in evidence.how


@pytest.mark.parametrize("harm", ["Resets", "Silence"])
def test_a_store_resets_or_keeps_silent(network: Kind, harm: str) -> None:
    store = one(network, "store")
    (evidence,) = network.harm(harm, [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    assert asked("/new") == "503"
    (ending,) = network.end(harm, [store])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert asked("/new") == "200"
    assert rules_at(store) == ""


def test_one_that_uses_the_network_of_its_node_is_immune(network: Kind) -> None:
    (evidence,) = network.harm("Slower", [one(network, "bare")], lasts=LASTS, delay=0.1)
    assert not evidence.proven
    assert "uses the network of its node" in evidence.how


def test_a_killed_agent_takes_its_proxy_with_it_and_its_successor_the_rules(network: Kind, run: str) -> None:
    store = one(network, "store")
    (evidence,) = network.harm("Slower", [store], lasts=LASTS, delay=0.3)
    assert evidence.proven, evidence.how
    agent = network._api.get(within(OURS, "pod", agent_name(run, store.node)))
    end_containers(store.node, containers(agent))
    until(lambda: asked("/new") == "200" and took("/new") < 0.3, 20, "the store is as before")
    assert rules_at(store) == ""
    (ending,) = network.end("Slower", [store])
    assert (ending.ended, "ended before the harm did" in ending.how) == (Ended.BY_OTHERS, True)


def test_a_crash_in_the_middle_ends_nothing_and_a_new_pod_ends_all(network: Kind) -> None:
    store = one(network, "store")
    (evidence,) = network.harm("Slower", [store], lasts=LASTS, delay=0.3)
    assert evidence.proven, evidence.how
    assert network.harm("Crash", [store])[0].proven
    until(lambda: one(network, "store").ready and one(network, "store") != store, 20, "the store's container is back")
    until(lambda: asked("/new") == "200", 10, "the store answers")
    assert took("/new") >= 0.3
    assert all(proof.proven for proof in network.delete([one(network, "store")], 20.0))
    until(lambda: asked("/new") == "200", 30, "another pod of the store answers")
    (ending,) = network.end("Slower", [store])
    assert ending.ended is Ended.TARGET_GONE, ending.how
