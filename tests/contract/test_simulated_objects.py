"""The simulated platform harms its own objects as the real ones do (tests/kind/test_object_contract.py)."""

import pytest

from squall.instances import Ended
from squall.platforms.object_harms import ObjectOrder
from squall.safety.undo_log import perform
from squall.testing.platform import SimulatedPlatform, VirtualClock, Weakness
from tests.contract.object_harms import Harmable, ObjectHarmContract


@pytest.fixture
def harmable() -> Harmable:
    on, unleased = (SimulatedPlatform("api", VirtualClock(), Weakness()) for _ in range(2))
    on.claim_run("run")

    def set_back(order: ObjectOrder) -> None:
        on.weakness.ended = Ended.BY_OTHERS

    orders = {
        "Cordon": ObjectOrder("Cordon", nodes=["node-1"]),
        "Scale": ObjectOrder("Scale", "api", details={"count": 0}),
    }
    return Harmable(on, "run", orders, unleased, set_back)


class TestSimulatedObjects(ObjectHarmContract):
    """What it has in common with kind."""


def test_an_undo_lets_users_in_again() -> None:
    on = SimulatedPlatform("api", VirtualClock(), Weakness())
    on.claim_run("run")
    harm = on.object_harm(ObjectOrder("Misdirect", "api"))
    (undo,) = harm.undo("run")
    harm.harm("run", 0.0)
    assert not on.answer(1)[0]
    assert "is over" in perform(undo)
    assert on.answer(1)[0]
