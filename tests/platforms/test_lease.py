import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from squall.errors import HarnessFailed, Misuse
from squall.lease import Lease, Renewal
from squall.platforms.kubernetes.run_lease import RunLease, parsed, spec
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
    served.script.then(answers(object_of(Lease("other", 1, datetime.now(UTC)))))
    with pytest.raises(Misuse, match=r"held by the run other until \d\d:\d\d:\d\d UTC"):
        RunLease(served.api, "n").take("mine")


def test_a_dead_holder_is_followed(served: Served) -> None:
    dead = Lease("other", 1, datetime.now(UTC) - timedelta(seconds=16))
    served.script.then(answers(object_of(dead)), answers({}))
    assert RunLease(served.api, "n").take("mine").epoch == 2


def test_whoever_writes_second_reads_again(served: Served) -> None:
    conflict = answers({"message": "the object has been modified"}, 409)
    others = answers(object_of(Lease("other", 2, datetime.now(UTC))))
    served.script.then(answers(object_of(Lease())), conflict, others)
    with pytest.raises(Misuse, match="held by the run other"):
        RunLease(served.api, "n").take("mine")


@pytest.mark.parametrize("holder", ["", "other"])
def test_what_is_not_held_is_not_released(served: Served, holder: str) -> None:
    served.script.then(answers(object_of(Lease(holder, 1, NOW))))
    assert "left alone" in RunLease(served.api, "n").release("mine")


def test_a_lost_lease_is_noticed() -> None:
    renewal = Renewal(lambda: False, every=0.01)
    _await(lambda: renewal.lost is not None)
    assert renewal.lost == "another run has taken it"
    renewal.stop()


def test_a_renewal_that_fails_is_tried_until_it_has_run_out() -> None:
    tries: list[int] = []

    def fails() -> bool:
        tries.append(1)
        raise HarnessFailed("no answer")

    renewal = Renewal(fails, every=0.01, length=0.03)
    _await(lambda: renewal.lost is not None)
    renewal.stop()
    assert len(tries) >= 3
    assert renewal.lost == "it could not be renewed: no answer"


def test_a_lease_that_nobody_took_meanwhile_is_ours_again() -> None:
    silent = threading.Event()

    def renews() -> bool:
        if silent.is_set():
            raise HarnessFailed("no answer")
        return True

    renewal = Renewal(renews, every=0.01, length=0.03)
    silent.set()
    _await(lambda: renewal.lost is not None)
    assert renewal.lost == "it could not be renewed: no answer"
    silent.clear()
    _await(lambda: renewal.lost is None)
    assert renewal.lost is None
    renewal.stop()


def _await(condition: Any) -> None:
    deadline = time.monotonic() + 2
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
