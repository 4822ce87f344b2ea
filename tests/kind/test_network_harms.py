"""Harms to packets on the real cluster: they bite with proof, are undone with proof, and leave nothing."""

import time
import uuid
from collections.abc import Iterator

import pytest
from pydantic import JsonValue as Json

from squall.instances import Ended, Instance
from squall.platforms.capability import Network
from squall.platforms.kind.machine import end_containers
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.labels import OURS, agent_name
from squall.platforms.kubernetes.api.paths import namespace, within
from squall.platforms.kubernetes.objects.pods import containers
from squall.platforms.kubernetes.undo import await_gone
from squall.safety.undo_log import perform
from tests.kind.networks import asked, one, platform, quiet, rules_at, until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

LASTS = 60.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    kind = platform()
    kind.check()
    yield
    if (found := kind._api.find(namespace("squall-network"))) is not None:
        kind._api.remove(namespace("squall-network"), found["metadata"]["uid"])
        await_gone(kind._api, namespace("squall-network"), found["metadata"]["uid"], "the test's namespace")
    kind.close()


@pytest.fixture
def run() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def kind(cluster: None, run: str) -> Iterator[Kind]:
    kind = platform()
    lease = kind.claim_run(run)
    kind.deploy([], quiet)
    everyone = [one(kind, service) for service in ("shop", "store", "bare")]
    undo = kind.plan_agents(everyone, run)
    kind.start_agents(everyone, run)
    until(lambda: asked("/kept") == asked("/new") == asked("/name") == "200", 20, "the shop gets at its store")
    yield kind
    for each in [*undo, lease]:
        perform(each)
    kind.close()


def store_of(kind: Kind) -> Instance:
    return one(kind, "store")


def test_it_offers_networks(kind: Kind) -> None:
    assert isinstance(kind, Network)
    by_pod, by_service = kind.addresses("store")
    assert {by_pod.port, by_service.port} == {6379}
    assert by_pod.ip != by_service.ip
    assert kind.addresses("bare") == []


def test_an_unreachable_store_hangs_its_users_and_not_the_kubelet(kind: Kind) -> None:
    store = store_of(kind)
    (evidence,) = kind.harm("unreachable", [store], lasts=LASTS, standing=True)
    assert evidence.proven, evidence.how
    assert "1 standing connections reset" in evidence.how
    assert evidence.onset.high - evidence.onset.low < 3
    assert (asked("/kept"), asked("/new"), asked("/name"), asked("/")) == ("503", "503", "200", "200")
    assert "squall_" in rules_at(store)
    time.sleep(4)
    assert one(kind, "store").ready
    (ending,) = kind.end("unreachable", [store])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert (asked("/kept"), asked("/new")) == ("200", "200")
    assert rules_at(store) == ""


def test_for_new_connections_the_kept_one_goes_on(kind: Kind) -> None:
    (evidence,) = kind.harm("unreachable", [store_of(kind)], lasts=LASTS, standing=False)
    assert evidence.proven, evidence.how
    assert (asked("/kept"), asked("/new")) == ("200", "503")
    (ending,) = kind.end("unreachable", [store_of(kind)])
    assert ending.ended is Ended.AS_STATED, ending.how


@pytest.mark.parametrize("both", [True, False])
def test_a_partition_cuts_the_shop_from_its_store(kind: Kind, both: bool) -> None:
    shop, found = one(kind, "shop"), kind.addresses("store")
    others: list[Json] = [[address.ip, address.port] for address in found]
    (evidence,) = kind.harm("partition", [shop], lasts=LASTS, both=both, addresses=others)
    assert evidence.proven, evidence.how
    assert (asked("/kept"), asked("/new"), asked("/name")) == ("503", "503", "200")
    (ending,) = kind.end("partition", [shop])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert asked("/new") == "200"
    assert rules_at(shop) == ""


@pytest.mark.parametrize("refused", [True, False])
def test_names_are_not_resolved(kind: Kind, refused: bool) -> None:
    shop = one(kind, "shop")
    (evidence,) = kind.harm("resolution", [shop], lasts=LASTS, refused=refused)
    assert evidence.proven, evidence.how
    assert asked("/new") == "200"
    # A resolver that gets no answer waits for five seconds, and users for two.
    assert asked("/name") == ("503" if refused else "timed out")
    (ending,) = kind.end("resolution", [shop])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert asked("/name") == "200"
    assert rules_at(shop) == ""


@pytest.mark.parametrize(
    ("harm", "order"),
    [("unreachable", {}), ("partition", {"addresses": [["192.0.2.1", 1]]}), ("resolution", {})],
)
def test_one_that_uses_the_network_of_its_node_is_immune(kind: Kind, harm: str, order: dict[str, object]) -> None:
    (evidence,) = kind.harm(harm, [one(kind, "bare")], lasts=LASTS, **order)  # type: ignore[arg-type]
    assert not evidence.proven
    assert "uses the network of its node" in evidence.how


def test_where_there_was_no_way_nothing_is_cut(kind: Kind) -> None:
    (evidence,) = kind.harm("partition", [one(kind, "shop")], lasts=LASTS, addresses=[["192.0.2.1", 1]])
    assert not evidence.proven
    assert "before anything was done" in evidence.how
    assert rules_at(one(kind, "shop")) == ""


def test_a_killed_agent_is_started_again_and_undoes_what_it_held(kind: Kind, run: str) -> None:
    store = store_of(kind)
    (evidence,) = kind.harm("unreachable", [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    agent = kind._api.get(within(OURS, "pod", agent_name(run, store.node)))
    end_containers(store.node, containers(agent))
    until(lambda: asked("/new") == "200", 15, "the store is back after its agent was killed")
    assert rules_at(store) == ""
    (ending,) = kind.end("unreachable", [store])
    assert ending.ended is Ended.BY_OTHERS
    assert "ended before the harm did" in ending.how


def test_an_agent_that_nobody_speaks_to_ends_it_when_its_lease_runs_out(kind: Kind) -> None:
    store = store_of(kind)
    (evidence,) = kind.harm("unreachable", [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    kind._agents.close()
    took = until(lambda: asked("/new") == "200", 30, "the store is back after the harness went silent")
    assert took > 8
    assert rules_at(store) == ""


def test_it_ends_by_itself_when_its_time_is_over(kind: Kind) -> None:
    store = store_of(kind)
    (evidence,) = kind.harm("unreachable", [store], lasts=3.0)
    assert evidence.proven, evidence.how
    until(lambda: asked("/new") == "200", 10, "the store is back after three seconds")
    (ending,) = kind.end("unreachable", [store])
    assert ending.ended is Ended.AS_STATED, ending.how
    assert rules_at(store) == ""


def test_a_crash_in_the_middle_ends_nothing_and_a_new_pod_ends_all(kind: Kind) -> None:
    store = store_of(kind)
    (evidence,) = kind.harm("unreachable", [store], lasts=LASTS)
    assert evidence.proven, evidence.how
    (killed,) = kind.harm("kill", [store])
    assert killed.proven, killed.how
    until(lambda: one(kind, "store").ready and one(kind, "store") != store, 20, "the store's container is back")
    assert asked("/new") == "503"
    assert all(proof.proven for proof in kind.delete([one(kind, "store")], 20.0))
    until(lambda: asked("/new") == "200", 30, "another pod of the store answers")
    (ending,) = kind.end("unreachable", [store])
    assert ending.ended is Ended.TARGET_GONE, ending.how
