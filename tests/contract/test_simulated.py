"""The simulated platform keeps the contracts of the real ones, in virtual time."""

from collections.abc import Callable, Iterator

import pytest

from squall.testing.platform import SimulatedPlatform, VirtualClock
from tests.contract.instances import Deployed, InstanceContract


def waiting(clock: VirtualClock) -> Callable[[Callable[[], object]], None]:
    def until(true: Callable[[], object]) -> None:
        end = clock.now() + 60.0
        while not true():
            assert clock.now() < end, "waited in vain"
            clock.sleep(0.1)

    return until


def api(clock: VirtualClock) -> SimulatedPlatform:
    return SimulatedPlatform("api", clock)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed[SimulatedPlatform]]:
    clock = VirtualClock()
    found = Deployed(api(clock), "redis", lambda: api(VirtualClock()), ("api", "redis"), until=waiting(clock))
    found.on.check()
    found.on.deploy((), lambda text: None)
    found.on.claim_run("run")
    found.on.start_agents([], "run")
    watching = found.on.watch(found.watched, found.events.append)
    yield found
    watching.stop()
    found.on.close()


class TestSimulated(InstanceContract):
    """What it has in common with local and compose."""


def test_the_end_of_a_freeze_does_not_bring_back_one_that_was_killed_meanwhile() -> None:
    clock = VirtualClock()
    on = api(clock)
    on.claim_run("run")
    before = on.instances("api")[0]
    on.harm("Freeze", [before], lasts=10)
    on.harm("Crash", [before])
    clock.sleep(11)
    assert on.instances("api")[0].incarnation != before.incarnation
