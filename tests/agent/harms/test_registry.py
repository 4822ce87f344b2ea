"""Which harms there are, and by which means: what platforms say that they can do is read from it."""

from pathlib import Path

import pytest

import squall.agent.harms
from squall.agent.harms.contract import Means
from squall.agent.harms.proxied import WATCH_CALLS
from squall.agent.harms.registry import HARMS, ORDERS, harms_by
from squall.faults.by_agent import ByAgent
from squall.faults.registry import faults
from squall.platforms.containers.platform import ComposePlatform
from squall.platforms.kubernetes.platform import OnCluster
from squall.platforms.processes.platform import LocalPlatform


def test_every_fault_by_an_agent_is_an_order_of_the_agents() -> None:
    ordered = {kind.harm for kind in faults().values() if issubclass(kind, ByAgent)}
    assert ordered <= HARMS.keys()


def test_watching_calls_is_no_harm() -> None:
    assert ORDERS.keys() - HARMS.keys() == {WATCH_CALLS}


def test_each_means_is_what_some_harm_needs() -> None:
    """One that no harm needs, or a harm that needs none, would be a slip."""
    assert all(harm.needs for harm in HARMS.values())
    assert {means for harm in HARMS.values() for means in harm.needs} == set(Means)


@pytest.mark.parametrize("platform", [OnCluster, ComposePlatform])
def test_pods_and_containers_can_be_harmed_by_all(platform: type[OnCluster | ComposePlatform]) -> None:
    assert harms_by(platform.means) == HARMS.keys()


def test_a_process_of_this_machine_has_no_network_and_no_control_group_of_its_own() -> None:
    inside = {name for name, harm in HARMS.items() if {*harm.needs} & {Means.NETWORK, Means.CONTROL_GROUP}}
    assert inside
    assert harms_by(LocalPlatform.means) == HARMS.keys() - inside


def test_no_means_no_harm() -> None:
    assert harms_by(()) == frozenset()


def test_no_other_module_lists_the_harms() -> None:
    """A name in quotes outside the agent would be a second list; faults say theirs in ``faults/``."""
    root = Path(squall.agent.harms.__file__).parents[2]
    names = {f'"{name}"' for name in HARMS}
    lists = [
        path.relative_to(root).as_posix()
        for path in (root / "platforms").rglob("*.py")
        if sum(name in path.read_text("utf-8") for name in names) > 2
    ]
    assert lists == []
