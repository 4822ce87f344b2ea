"""What a run holds in the API ends by itself in the real cluster, if nobody else ends it; by rights for that alone."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from squall.agent.expiry.marks import mark_text
from squall.agent.expiry.run_alive import SILENT
from squall.errors import Misuse, NotUndone
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.expiry import ClusterExpiry
from squall.platforms.kubernetes.harms.release import expiring
from squall.platforms.kubernetes.objects.versions import current
from squall.platforms.object_harms import ObjectHarm
from squall.safety.lease import LENGTH
from squall.safety.undo_log import Undo, perform
from squall.system.cluster import UNPUBLISHED
from squall.system.system import System
from tests.kind.expiring import granted, with_expiry
from tests.kind.gate import CONTEXT
from tests.kind.harmed import BACK, FRONT, NAMESPACE, Someone
from tests.platforms.harmed import ordered
from tests.platforms.tiny_system import until

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

LASTS = 1.0
# After its time a look comes within two seconds.
WITHIN = LASTS + LENGTH + 20


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    system = with_expiry()
    with granted(system):
        yield system


@pytest.fixture
def kind(system: System, run: str) -> Iterator[Kind]:
    with closing(Kind(system, CONTEXT)) as on:
        lease = on.claim_run(run)
        yield on
        perform(lease)


def harmed(harming: ObjectHarm, run: str, lasts: float = LASTS) -> list[Undo]:
    """Harm, and forget about it: whoever did it is dead, and its guard too."""
    undo = list(harming.undo(run))
    harming.prepare(run)
    assert all(each.proven for each in harming.harm(run, lasts))
    return undo


def marks(kind: Kind, place: ObjectRef) -> str | None:
    return mark_text(kind.harm_context.api.get(place.path))


def test_a_count_comes_back_by_itself(kind: Kind, run: str) -> None:
    began = time.monotonic()
    pod, *_ = harmed(ordered(kind, "Scale", "back", count=0), run)
    assert kind.wanted("back") == 0
    until(lambda: kind.wanted("back") == 1, WITHIN)
    assert time.monotonic() - began > LASTS + LENGTH - 2
    assert marks(kind, BACK) is None
    copies = kind.harm_context.api.items(within(BACK.namespace, "replicaset"))
    until(
        lambda: not any(mark_text(each) for each in kind.harm_context.api.items(within(BACK.namespace, "replicaset"))),
        5.0,
    )
    assert copies
    assert "is gone" in perform(pod)


def test_a_node_is_freed_by_itself(kind: Kind, run: str) -> None:
    (name,) = sorted({each.node for each in kind.instances("back")})
    node = ObjectRef(NODE, name)
    pod, *probes = harmed(ordered(kind, "Cordon", nodes=[name]), run)
    assert kind.harm_context.api.get(node.path)["spec"]["unschedulable"] is True
    until(lambda: not kind.harm_context.api.get(node.path)["spec"].get("unschedulable"), WITHIN)
    assert marks(kind, node) is None
    for entry in (*reversed(probes), pod):
        perform(entry)


def test_what_someone_changed_meanwhile_stays(kind: Kind, run: str) -> None:
    pod, *_ = harmed(ordered(kind, "Scale", "back", count=0), run)
    Someone(kind).writes(BACK, {"spec": {"replicas": 2}})
    until(lambda: marks(kind, BACK) is None, WITHIN)
    assert kind.wanted("back") == 2
    Someone(kind).writes(BACK, {"spec": {"replicas": 1}})
    perform(pod)


def test_a_run_that_undoes_takes_the_expiry_away_last(kind: Kind, run: str) -> None:
    undo = harmed(ordered(kind, "Scale", "back", count=0), run)
    said = [perform(entry) for entry in reversed(undo)]
    assert kind.wanted("back") == 1
    assert "as before" in said[0]
    assert "is gone" in said[-1]


def test_a_run_that_is_silent_is_undone_though_its_harm_has_no_end(kind: Kind, run: str) -> None:
    pod, *_ = harmed(ordered(kind, "Scale", "back", count=0), run, lasts=0.0)
    assert kind._renewal is not None
    kind._renewal.stop()
    until(lambda: kind.wanted("back") == 1, SILENT + 20)
    assert marks(kind, BACK) is None
    assert "is gone" in perform(pod)


def test_an_expiry_is_not_taken_from_a_harm_that_stands(kind: Kind, run: str) -> None:
    pod, *harm = harmed(ordered(kind, "Scale", "back", count=0), run, lasts=0.0)
    with pytest.raises(NotUndone, match=r"stays, for /apis/apps/v1/.*/back still bears the run's mark"):
        perform(pod)
    for entry in reversed(harm):
        perform(entry)
    assert "is gone" in perform(pod)


def test_one_expiry_serves_two_harms_of_its_run(kind: Kind, run: str) -> None:
    for _ in range(2):
        pod, *harm = harmed(ordered(kind, "Scale", "back", count=0), run)
        for entry in reversed(harm):
            perform(entry)
    assert "is gone" in perform(pod)


def test_a_release_of_a_silent_run_is_put_back(kind: Kind, run: str) -> None:
    api = kind.harm_context.api
    before = current(api, NAMESPACE, "front")
    undo = kind._releasing.undo("front")
    expiry = kind.harm_context.expiry
    assert expiry is not None
    pod = expiry.undo(run, expiring(undo))
    expiry.start(run, expiring(undo))
    Someone(kind).writes(FRONT, {"spec": {"template": {"metadata": {"labels": {"version": run}}}}})
    until(lambda: current(api, NAMESPACE, "front").hash != before.hash, 10.0)
    assert kind._renewal is not None
    kind._renewal.stop()
    until(lambda: current(api, NAMESPACE, "front").hash == before.hash, SILENT + 20)
    assert "was back already" in perform(undo)
    assert "is gone" in perform(pod)


def test_without_its_account_a_run_is_refused_before_anything_is_done(kind: Kind, run: str) -> None:
    api, clock = kind.harm_context.api, kind.harm_context.clock
    elsewhere = ClusterExpiry(api, clock, UNPUBLISHED, "", account="nobody")
    with pytest.raises(Misuse, match="there is no account nobody in the namespace squall"):
        elsewhere.check()
