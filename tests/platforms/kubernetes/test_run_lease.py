import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from squall.errors import HarnessFailed, Misuse
from squall.platforms.kubernetes.run_lease import LONGEST, LOOK_EVERY, RunLease, parsed, spec
from squall.safety.lease import LENGTH, Lease, Renewal
from squall.testing.platform import VirtualClock
from tests.platforms.api_server import answers
from tests.platforms.conftest import Served

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)


def test_who_may_take_it() -> None:
    held = Lease("a", 3, NOW)
    assert Lease().free("b", NOW)
    assert not held.free("b", NOW + timedelta(seconds=14))
    assert held.free("b", NOW + timedelta(seconds=15))
    assert held.free("a", NOW)


def test_each_change_of_hands_is_an_epoch() -> None:
    held = Lease("a", 3, NOW)
    assert held.taken("a", NOW).epoch == 3
    assert held.taken("b", NOW) == Lease("b", 4, NOW)


def test_it_goes_into_an_object_and_back() -> None:
    lease = Lease("a", 3, NOW + timedelta(microseconds=5))
    assert parsed({"spec": spec(lease)}) == lease
    assert parsed(None) == Lease()


def object_of(lease: Lease) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "7"}, "spec": spec(lease)}


def test_a_living_holder_is_named(served: Served) -> None:
    served.script.then(*[answers(object_of(Lease("other", 1, NOW + timedelta(seconds=5 * n)))) for n in range(2)])
    with pytest.raises(Misuse, match="held by the run other, which renews its lease: wait for its end"):
        RunLease(served.api, "n", VirtualClock()).take("mine")


def test_a_dead_holder_is_followed(served: Served) -> None:
    """M7: by our own clock, whatever the dead one's says: 16 s behind, or ahead for ever."""
    for renewed in (NOW, datetime.now(UTC), datetime(2099, 1, 1, tzinfo=UTC)):
        clock, reads = VirtualClock(), int(LENGTH / LOOK_EVERY) + 2
        served.script.then(*[answers(object_of(Lease("other", 1, renewed)))] * reads, answers({}))
        began = clock.now()
        assert RunLease(served.api, "n", clock).take("mine").epoch == 2
        assert clock.now() - began == LENGTH


def test_whoever_renews_just_before_the_end_is_not_taken_for_dead(served: Served) -> None:
    """M7: a machine whose clock is 16 s ahead took a lease that was renewed just now."""
    reads = int(LENGTH / LOOK_EVERY)
    served.script.then(*[answers(object_of(Lease("other", 1, NOW - timedelta(hours=1))))] * reads)
    served.script.then(answers(object_of(Lease("other", 1, NOW - timedelta(minutes=59)))))
    with pytest.raises(Misuse, match="which renews its lease"):
        RunLease(served.api, "n", VirtualClock()).take("mine")


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ({"renewTime": "9999-12-31T23:59:59Z"}, 9999),
        ({"renewTime": "soon"}, None),
        ({"renewTime": "2026-11-21T10:00:00Z", "leaseDurationSeconds": 10**9}, 2026),
        ({"renewTime": "2026-11-21T10:00:00Z", "leaseDurationSeconds": "nan", "leaseTransitions": "x"}, 2026),
    ],
)
def test_what_a_lease_cannot_mean_is_passed_over(said: dict[str, Any], until: int | None) -> None:
    """M7: the year 9999 ended squall undo for the whole cluster with a traceback."""
    lease = parsed({"spec": {"holderIdentity": "a", **said}})
    assert (lease.until.year if lease.until else None) == until
    assert lease.length <= LONGEST


def test_whoever_writes_second_reads_again(served: Served) -> None:
    conflict = answers({"message": "the object has been modified"}, 409)
    others = answers(object_of(Lease("other", 2, datetime.now(UTC))))
    renewed = answers(object_of(Lease("other", 2, datetime.now(UTC) + timedelta(seconds=5))))
    served.script.then(answers(object_of(Lease())), conflict, others, renewed)
    with pytest.raises(Misuse, match="held by the run other"):
        RunLease(served.api, "n", VirtualClock()).take("mine")


@pytest.mark.parametrize("holder", ["", "other"])
def test_what_is_not_held_is_not_released(served: Served, holder: str) -> None:
    served.script.then(answers(object_of(Lease(holder, 1, NOW))))
    assert "left alone" in RunLease(served.api, "n").release("mine")


def test_a_lost_lease_is_noticed() -> None:
    renewal = Renewal(lambda: False, every=0.01)
    _await(lambda: renewal.lost is not None)
    assert renewal.lost == "another run has taken it"
    renewal.stop()


def test_a_lease_is_lost_in_the_sleep_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """CLOCK_MONOTONIC stands still then, and those who wait for the lease do not."""
    slept, asked = [0.0], threading.Event()
    clock_gettime = time.clock_gettime

    def read(which: int) -> float:
        return clock_gettime(which) + (slept[0] if which == time.CLOCK_BOOTTIME else 0.0)

    monkeypatch.setattr(time, "clock_gettime", read)
    renewal = Renewal(lambda: asked.wait(20), every=0.001)
    assert renewal.lost is None
    slept[0] = 3600.0
    assert str(renewal.lost).startswith("it could not be renewed for 3600 s")
    asked.set()
    renewal.stop()


class Server:
    """Answers renewals as the test says; a try takes ``takes`` seconds of the test's own time."""

    def __init__(self) -> None:
        self.now, self.takes, self.tries, self.fails, self.ours = 0.0, 0.01, 0, False, True
        self.told: list[str] = []

    def renew(self) -> bool:
        self.tries += 1
        self.now += self.takes
        if self.fails:
            raise HarnessFailed("no answer")
        return self.ours

    @contextmanager
    def renewing(self) -> Iterator[Renewal]:
        renewal = Renewal(self.renew, every=0.001, length=15.0, tell=self.told.append, now=lambda: self.now)
        try:
            yield renewal
        finally:
            renewal.stop()

    def after(self, tries: int) -> None:
        wanted = self.tries + tries
        _await(lambda: self.tries >= wanted)


def test_a_renewal_that_fails_is_tried_again_and_lost_when_it_has_run_out() -> None:
    server = Server()
    with server.renewing() as renewal:
        server.after(2)
        assert renewal.lost is None
        server.fails, server.takes = True, 4.0
        _await(lambda: renewal.lost is not None)
        server.after(2)
    assert str(renewal.lost).startswith("it could not be renewed for ")
    assert str(renewal.lost).endswith(" s: no answer")
    assert [line.split(" for ")[0] for line in server.told] == ["the run's lease: it could not be renewed"]


def test_a_lease_that_ran_out_and_that_nobody_took_is_ours_again() -> None:
    server = Server()
    server.fails, server.takes = True, 4.0
    with server.renewing() as renewal:
        _await(lambda: len(server.told) == 1)
        server.fails, server.takes = False, 0.01
        _await(lambda: len(server.told) == 2)
        assert renewal.lost is None
    assert server.told[1].startswith("the run's lease: it is renewed again after ")


def test_one_that_another_took_meanwhile_is_lost_for_good() -> None:
    server = Server()
    server.fails, server.takes = True, 4.0
    with server.renewing() as renewal:
        _await(lambda: len(server.told) == 1)
        server.ours, server.fails = False, False
        _await(lambda: len(server.told) == 2)
        assert renewal.lost == "another run has taken it"
    assert server.told[1] == "the run's lease: another run has taken it"


def test_an_answer_that_is_long_in_coming_does_not_hide_that_it_ran_out() -> None:
    now, asked, answered = [0.0], threading.Event(), threading.Event()

    def hangs() -> bool:
        asked.set()
        return answered.wait(5)

    renewal = Renewal(hangs, every=0.001, length=15.0, now=lambda: now[0])
    assert asked.wait(5)
    now[0] = 16.0
    assert renewal.lost == "it could not be renewed for 16 s: no answer"
    answered.set()
    _await(lambda: renewal.lost is None)
    assert renewal.lost is None
    renewal.stop()


def _await(condition: Any) -> None:
    deadline = time.monotonic() + 2
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
