"""What is true of instances on every platform, real or simulated: how they are listed, harmed, seen, and come back.

A module of tests has a fixture ``deployed`` and a class that inherits from ``InstanceContract``. The tests share one
deployment: each leaves all instances ready.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import pytest

from squall.errors import InjectionFailed
from squall.instances import Ended, Instance
from squall.platforms.capability import Host, Platform
from squall.record.event import Event, InstanceChanged, InstancesListed

# Seconds: a health check of Docker's fails some times, each after its timeout, before it counts.
WITHIN = 60.0


class HostPlatform(Platform, Host, Protocol):
    """A platform that has agents."""


On = TypeVar("On", bound=HostPlatform)


def wait_for_real(true: Callable[[], object]) -> None:
    """Wait in the time of the machine."""
    end = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@dataclass
class Deployed(Generic[On]):
    """A system that is up, its lease taken: ``api`` is a service that is restarted, ``other`` another service.

    ``watched`` are the services whose events are kept in ``events``; ``unleased`` makes a platform that has no lease.
    """

    on: On
    other: str
    unleased: Callable[[], On]
    watched: tuple[str, ...] = ()
    events: list[Event] = field(default_factory=list)
    until: Callable[[Callable[[], object]], None] = wait_for_real

    def states(self, instance: Instance) -> list[str]:
        """Return what was told of an instance's name, each with whether it was that incarnation or another."""
        told = [event for event in self.events if isinstance(event, InstanceChanged) and event.name == instance.name]
        return [f"{event.state} {'old' if event.incarnation == instance.incarnation else 'new'}" for event in told]

    def one(self, service: str) -> Instance:
        return self.on.instances(service)[0]


class InstanceContract:
    def test_instances_are_listed_by_name_each_with_an_incarnation(self, deployed: Deployed[HostPlatform]) -> None:
        for service in ("api", deployed.other):
            found = deployed.on.instances(service)
            assert [each.name for each in found] == sorted({each.name for each in found})
            assert len(found) == deployed.on.wanted(service)
            assert all(each.service == service and each.incarnation and each.ready for each in found)

    def test_a_watch_begins_with_all_that_is_there(self, deployed: Deployed[HostPlatform]) -> None:
        first = {event.who: event for event in reversed(deployed.events) if isinstance(event, InstancesListed)}
        assert first.keys() == set(deployed.watched)
        assert {each.name for each in first["api"].instances} == {each.name for each in deployed.on.instances("api")}

    def test_a_killed_instance_is_seen_to_go_and_comes_back_as_another(self, deployed: Deployed[HostPlatform]) -> None:
        before = deployed.one("api")
        told = len(deployed.states(before))
        (proof,) = deployed.on.harm("Crash", [before])
        assert (proof.proven, proof.target) == (True, before.name), proof.how
        assert proof.onset.low <= proof.onset.high
        deployed.until(lambda: "ready new" in deployed.states(before)[told:])
        seen = deployed.states(before)[told:]
        assert seen[0] in {"gone old", "unready old"}
        assert "ready old" not in seen
        after = deployed.one("api")
        assert after.ready
        assert after.incarnation != before.incarnation
        assert after.restarted is not None
        assert before.restarted is None or after.restarted < before.restarted

    def test_one_that_is_no_longer_there_is_not_killed_in_its_successors_place(
        self, deployed: Deployed[HostPlatform]
    ) -> None:
        gone = deployed.one(deployed.other)
        (first,) = deployed.on.harm("Crash", [gone])
        deployed.until(lambda: _is_another(deployed, gone))
        now = deployed.one(deployed.other)
        (second,) = deployed.on.harm("Crash", [gone])
        assert (first.proven, second.proven) == (True, False)
        assert "is gone, or another has its number" in second.how or "no longer what was chosen" in second.how
        assert deployed.one(deployed.other).incarnation == now.incarnation

    def test_a_frozen_instance_is_withdrawn_and_comes_back_as_it_was(self, deployed: Deployed[HostPlatform]) -> None:
        before = deployed.one("api")
        told = len(deployed.states(before))
        (proof,) = deployed.on.harm("Freeze", [before], lasts=600)
        assert proof.proven, proof.how
        deployed.until(lambda: "unready old" in deployed.states(before)[told:])
        assert not deployed.one("api").ready
        (ending,) = deployed.on.end("Freeze", [before])
        assert (ending.ended, ending.target) == (Ended.AS_STATED, before.name)
        assert ending.when.low >= proof.onset.low
        deployed.until(lambda: deployed.one("api").ready)
        assert deployed.one("api").incarnation == before.incarnation
        # Who asks may know it before the watch, which looks now and then, has told.
        deployed.until(lambda: deployed.states(before)[told:][-1] == "ready old")

    def test_one_that_is_killed_while_it_is_frozen_comes_back_as_another(
        self, deployed: Deployed[HostPlatform]
    ) -> None:
        before = deployed.one("api")
        assert deployed.on.harm("Freeze", [before], lasts=600)[0].proven
        assert deployed.on.harm("Crash", [before])[0].proven
        deployed.until(lambda: deployed.one("api").ready and deployed.one("api").incarnation != before.incarnation)
        now = deployed.one("api")
        (ending,) = deployed.on.end("Freeze", [before])
        assert ending.target == before.name
        assert deployed.one("api").incarnation == now.incarnation
        assert deployed.one("api").ready

    def test_nothing_is_harmed_without_the_lease(self, deployed: Deployed[HostPlatform]) -> None:
        on = deployed.unleased()
        with pytest.raises(InjectionFailed, match="does not hold its lease"):
            on.harm("Crash", [deployed.one("api")])
        on.close()


def _is_another(deployed: Deployed[HostPlatform], gone: Instance) -> bool:
    now = deployed.on.instances(gone.service)
    return bool(now) and now[0].ready and now[0].incarnation != gone.incarnation
