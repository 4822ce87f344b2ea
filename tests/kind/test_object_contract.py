"""Harms to objects of the real cluster keep the contract that the simulation keeps (tests/contract)."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.object_harms import ObjectOrder
from squall.safety.undo_log import perform
from tests.contract.object_harms import Harmable, ObjectHarmContract
from tests.kind.harmed import BACK, Someone, new_run, platform
from tests.platforms.echo_cluster import quiet

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def harmable() -> Iterator[Harmable]:
    run = new_run()
    with closing(platform()) as on, closing(platform()) as unleased:
        lease = on.claim_run(run)
        on.deploy([], quiet)
        node = min({each.node for each in on.instances("front")} & set(on.workers()))
        orders = {
            "Cordon": ObjectOrder("Cordon", nodes=[node]),
            "Scale": ObjectOrder("Scale", "back", details={"count": 0}),
        }
        someone = Someone(on)

        def set_back(order: ObjectOrder) -> None:
            if order.nodes:
                someone.writes(ObjectRef(NODE, node), {"spec": {"unschedulable": None}})
            else:
                someone.writes(BACK, {"spec": {"replicas": 1}})

        yield Harmable(on, run, orders, unleased, set_back)
        perform(lease)


class TestObjectsOfKind(ObjectHarmContract):
    """What it has in common with the simulation."""
