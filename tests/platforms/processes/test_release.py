"""Releases on the platform with real processes: who brings what out, and who puts it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from squall.errors import InjectionFailed, Misuse
from squall.instances import Evidence
from squall.platforms import undos
from squall.platforms.capability import Releases
from squall.platforms.processes.platform import LocalPlatform
from squall.record.event import Event, InstanceChanged, Noted, RevisionSeen
from squall.safety.undo_log import perform
from tests.platforms.tiny_system import noted, tiny, until, voided

pytestmark = pytest.mark.slow

assert undos


@dataclass
class Released:
    """A system that is up, and a release that is prepared."""

    on: LocalPlatform
    release: str
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.undo,) = self.on.plan_release("api", self.release)

    @property
    def folder(self) -> Path:
        return Path(self.undo.args["folder"])

    def call(self, within: float = 10.0) -> Evidence:
        (proof,) = self.on.release("api", self.release, within)
        return proof

    def versions(self) -> list[tuple[object, object]]:
        return [(e.name, e.revision) for e in list(self.events) if isinstance(e, RevisionSeen) and e.who == "api"]

    def moments(self, state: str) -> list[float]:
        return [e.t for e in list(self.events) if isinstance(e, InstanceChanged) and e.state == state]

    def said(self, text: str) -> bool:
        return any(text in e.text for e in list(self.events) if isinstance(e, Noted))

    def numbers(self) -> list[float]:
        gauge = tiny().services["api"].gauges["number"]
        return [gauge.value(self.on.metrics(each, "/metrics", 1.0)) for each in self.on.instances("api")]


@contextmanager
def prepared(release: str, *weaknesses: str) -> Iterator[Released]:
    on = LocalPlatform(tiny())
    try:
        found = Released(on, release)
        on.deploy(weaknesses, lambda text: None)
        on.claim_run("run")
        watching = on.watch(("api",), found.events.append)
        on.prepare_release("api", release)
        assert found.versions() == [("api-0", "1"), ("api-1", "1")]
        yield found
        watching.stop()
    finally:
        on.close()
    assert voided(found.events) == []


def test_a_good_version_comes_to_every_instance_and_undo_puts_the_old_one_back() -> None:
    with prepared("is good") as released:
        before = {each.name: each.incarnation for each in released.on.instances("api")}
        baseline = released.on.baseline()
        proof = released.call()
        assert (proof.proven, proof.target) == (True, "api-0")
        assert proof.how.endswith("of api-0 was started as version 2")
        until(lambda: released.said("version 2 is out"))
        assert released.numbers() == [20, 21]
        assert released.versions()[2:] == [("api-0", "2"), ("api-1", "2")]
        assert not {each.incarnation for each in released.on.instances("api")} & set(before.values())
        assert released.on.baseline() != baseline
        assert perform(released.undo) == "version 1 of api was put back on api-0, api-1 and is ready"
        assert released.numbers() == [10, 11]
        assert released.on.baseline() == baseline
        assert perform(released.undo) == "version 1 of api was back already"


def test_health_comes_first_the_second_instance_is_touched_when_the_first_serves() -> None:
    with prepared("is good") as released:
        released.call()
        until(lambda: len(released.moments("ready")) == 2)
        ready, gone = released.moments("ready"), released.moments("gone")
        assert len(gone) == 2
        assert ready[0] < gone[1]


@pytest.mark.parametrize("release", ["fails its health check", pytest.param("ends at once", marks=pytest.mark.proof)])
def test_a_version_that_is_not_healthy_is_rolled_back_by_the_releaser(release: str) -> None:
    with prepared(release) as released:
        second = released.on.instances("api")[1]
        assert released.call().proven
        until(lambda: released.said("version 1 is out"))
        assert released.said("api-0 of version 2 is not ready after 4 s")
        assert [one for one in released.versions() if one[0] == "api-0"][-1] == ("api-0", "1")
        assert ("api-1", "2") not in released.versions()
        assert released.on.instances("api")[1].incarnation == second.incarnation
        assert all(each.ready for each in released.on.instances("api"))
        assert perform(released.undo) == "version 1 of api was back already"


@pytest.mark.proof
def test_a_releaser_that_does_not_wait_for_health_brings_it_to_all_and_only_undo_puts_it_back() -> None:
    with prepared("fails its health check", "releases without waiting") as released:
        released.call()
        until(lambda: released.said("version 2 is out"))
        assert not any(each.ready for each in released.on.instances("api"))
        assert perform(released.undo) == "version 1 of api was put back on api-0, api-1 and is ready"
        assert all(each.ready for each in released.on.instances("api"))


@pytest.mark.proof
def test_a_version_that_nobody_gets_to_run_is_not_proven() -> None:
    with prepared("is good", "slow stop") as released:
        proof = released.call(within=1.0)
        assert (proof.proven, proof.target) == (False, "api")
        assert proof.how.startswith("no process of version 2 after 1.")
        assert not released.said("version 2 is out")
        assert perform(released.undo).startswith("version 1 of api was ")
        assert {version for _, version in released.versions()} == {"1"}
        assert all(each.ready for each in released.on.instances("api"))


def test_undo_ends_a_releaser_that_is_still_at_work() -> None:
    with prepared("fails its health check") as released:
        released.call()
        releaser = noted(released.folder, "releaser")
        assert releaser.lives()
        assert "was put back on api-0" in perform(released.undo)
        assert not releaser.lives()
        assert not released.said("version 1 is out")


@pytest.mark.proof
def test_the_releaser_ends_with_the_harness_and_undo_finds_what_it_left() -> None:
    with prepared("fails its health check") as released:
        released.call()
        releaser = noted(released.folder, "releaser")
        assert released.on._releasing._releaser is not None
        # What the end of the harness does to it.
        released.on._releasing._releaser._stdin.close()
        until(lambda: not releaser.lives())
        assert "was put back on api-0" in perform(released.undo)
    assert perform(released.undo) == "api was not released"


def test_what_is_not_named_or_prepared_is_not_released() -> None:
    on = LocalPlatform(tiny())
    with pytest.raises(Misuse, match=r'tiny has no release of api that "is bad" \(known: "ends at once", "fails its'):
        on.plan_release("api", "is bad")
    with pytest.raises(Misuse, match=r'tiny has no release of cache that "is good" \(known: none\)'):
        on.plan_release("cache", "is good")
    with pytest.raises(InjectionFailed, match="does not hold its lease"):
        on.release("api", "is good", 1.0)
    assert isinstance(on, Releases)
    on.close()
