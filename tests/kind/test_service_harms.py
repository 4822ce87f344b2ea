"""Harms to workloads and Services on the real cluster: each bites, is undone, and leaves alone what others did."""

import urllib.request
from collections.abc import Iterator

import pytest

from squall.agent.expiry.marks import mark_text
from squall.errors import InjectionFailed
from squall.instances import Ended
from squall.platforms.http import status
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.deploy import ANSWER_WITHIN
from squall.platforms.kubernetes.marks.apply import ChangedMeanwhile
from squall.platforms.kubernetes.objects.workloads import replicas
from squall.safety.audit import compare
from squall.safety.undo_log import perform
from tests.kind.harmed import (
    BACK,
    BACK_SERVICE,
    FRONT,
    FRONT_SERVICE,
    Someone,
    bitten,
    free_of_marks,
    new_run,
    platform,
)
from tests.platforms.echo_cluster import quiet
from tests.platforms.harmed import ordered

pytestmark = [pytest.mark.proof, pytest.mark.kind, pytest.mark.slow, pytest.mark.timeout(240)]

URL = "http://127.0.0.1:30083/"


@pytest.fixture(scope="module")
def run() -> str:
    return new_run()


@pytest.fixture(scope="module")
def kind(run: str) -> Iterator[Kind]:
    kind = platform()
    lease = kind.claim_run(run)
    kind.deploy([], quiet)
    yield kind
    perform(lease)
    kind.close()


@pytest.fixture
def someone(kind: Kind) -> Someone:
    return Someone(kind)


def test_scaling_bites_and_is_set_back(kind: Kind, run: str) -> None:
    before = kind.baseline()
    with bitten(kind, run, ordered(kind, "Scale", "back", count=3)) as (evidence,):
        assert "has 3 pods" in evidence.how
        assert kind.wanted("back") == 3
    assert kind.wanted("back") == 1
    assert compare(before, kind.baseline(), run) == compare({}, {}, run)


def test_scaling_ends_when_it_is_told(kind: Kind, run: str, someone: Someone) -> None:
    harming = ordered(kind, "Scale", "back", count=0)
    with bitten(kind, run, harming, lasts=5.0) as (evidence,):
        (ending,) = harming.end(run)
        assert (ending.ended, ending.target) == (Ended.AS_STATED, evidence.target)
        assert ending.when.low > evidence.onset.high
        assert replicas(someone.sees(BACK)) == 1
    assert free_of_marks(kind, BACK)
    # The controller had copied it there, and a rollback would bring it back.
    copies = kind.harm_context.api.items(within("squall-harmed", "replicaset"))
    assert [mark_text(each) for each in copies] == [None] * len(copies)


def test_a_count_that_is_there_already_is_no_harm(kind: Kind, run: str) -> None:
    harming = ordered(kind, "Scale", "back", count=1)
    with pytest.raises(InjectionFailed, match="it is at 1 already"):
        harming.harm(run, 0.0)
    assert "bears no mark" in perform(harming.undo(run)[0])
    assert kind.wanted("back") == 1


def test_a_count_that_someone_changed_stays_and_is_told(kind: Kind, run: str, someone: Someone) -> None:
    harming = ordered(kind, "Scale", "back", count=0)
    with bitten(kind, run, harming):
        someone.writes(BACK, {"spec": {"replicas": 2}})
        (ended,) = harming.ended(run)
        assert ended.ended is Ended.BY_OTHERS
        assert "/spec/replicas was changed by someone else (a-person at" in ended.how
        (ending,) = harming.end(run)
        assert ending.ended is Ended.BY_OTHERS
        assert "left alone" in ending.how
    assert kind.wanted("back") == 2
    assert free_of_marks(kind, BACK)
    someone.writes(BACK, {"spec": {"replicas": 1}})


def test_what_someone_does_before_our_write_is_no_harm_of_ours(kind: Kind, run: str, someone: Someone) -> None:
    harming = ordered(kind, "Scale", "back", count=2)
    (undo,) = harming.undo(run)
    someone.writes(BACK, {"spec": {"replicas": 2}})
    with pytest.raises(InjectionFailed, match="it is at 2 already"):
        harming.harm(run, 0.0)
    assert "bears no mark" in perform(undo)
    assert kind.wanted("back") == 2
    someone.writes(BACK, {"spec": {"replicas": 1}})


def test_two_harms_do_not_meet_on_one_object(kind: Kind, run: str) -> None:
    with bitten(kind, run, ordered(kind, "Scale", "back", count=2)):
        with pytest.raises(ChangedMeanwhile, match=f"mark of another harm .of the run {run}"):
            ordered(kind, "Scale", "back", count=3).harm("another", 0.0)
        assert "left alone" in perform(ordered(kind, "Scale", "back", count=3).undo("another")[0])
        assert kind.wanted("back") == 2


def test_a_service_that_selects_nobody_has_no_endpoint(kind: Kind, run: str, someone: Someone) -> None:
    before = someone.sees(FRONT_SERVICE)["spec"]["selector"]
    harming = ordered(kind, "Misdirect", "front")
    with bitten(kind, run, harming) as (evidence,):
        assert "no endpoint of service squall-harmed/front is ready" in evidence.how
        assert someone.sees(FRONT_SERVICE)["spec"]["selector"] != before
        (ending,) = harming.end(run)
        assert ending.ended is Ended.AS_STATED
    assert someone.sees(FRONT_SERVICE)["spec"]["selector"] == before
    kind.deploy([], quiet)


def test_a_service_that_selects_nobody_anyway_is_not_harmed(kind: Kind, run: str, someone: Someone) -> None:
    someone.writes(BACK_SERVICE, {"spec": {"selector": None}})
    with pytest.raises(InjectionFailed, match="it has no selector"):
        ordered(kind, "Misdirect", "back").harm(run, 0.0)
    assert free_of_marks(kind, BACK_SERVICE)
    kind.deploy([], quiet)


def test_a_closed_service_lets_nobody_new_in_and_gets_its_port_back(kind: Kind, run: str, someone: Someone) -> None:
    before = someone.sees(FRONT_SERVICE)["spec"]
    harming = ordered(kind, "Close", "front")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert direct.open(URL, timeout=5).status == 200
    with bitten(kind, run, harming) as (evidence,):
        assert "is ClusterIP; none of 3 nodes lets a connection in at 30083" in evidence.how
        assert status(URL, ANSWER_WITHIN) != "200"
        assert "nodePort" not in someone.sees(FRONT_SERVICE)["spec"]["ports"][0]
        (ending,) = harming.end(run)
        assert ending.ended is Ended.AS_STATED, ending.how
    assert someone.sees(FRONT_SERVICE)["spec"] == before
    kind.deploy([], quiet)


def test_a_service_that_is_closed_already_is_not_harmed(kind: Kind, run: str) -> None:
    with pytest.raises(InjectionFailed, match="it is ClusterIP, so nobody outside reaches it"):
        ordered(kind, "Close", "back").harm(run, 0.0)
    assert free_of_marks(kind, BACK_SERVICE)


def test_who_keeps_an_object_is_warned_of(kind: Kind, someone: Someone) -> None:
    someone.writes(FRONT, {"metadata": {"annotations": {"meta.helm.sh/release-name": "shop"}}})
    try:
        assert ordered(kind, "Scale", "front", count=1).warnings() == [
            "deployment squall-harmed/front is kept by Helm (shop): an upgrade of the release writes it anew"
        ]
    finally:
        someone.writes(FRONT, {"metadata": {"annotations": {"meta.helm.sh/release-name": None}}})
    assert ordered(kind, "Scale", "front", count=1).warnings() == []


AUTOSCALERS = "/apis/autoscaling/v2/namespaces/squall-harmed/horizontalpodautoscalers"
AUTOSCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "front"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "front"},
        "minReplicas": 1,
        "maxReplicas": 4,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization",
                                                                                "averageUtilization": 90}}}],
    },
}  # fmt: skip


@pytest.fixture
def autoscaler(kind: Kind) -> Iterator[ObjectRef]:
    made = kind.harm_context.api.create(AUTOSCALERS, AUTOSCALER)
    yield ObjectRef("horizontalpodautoscaler", "front", "squall-harmed")
    kind.harm_context.api.remove(f"{AUTOSCALERS}/front", made["metadata"]["uid"])


def test_a_pinned_autoscaler_gets_its_bounds_back(
    kind: Kind, run: str, someone: Someone, autoscaler: ObjectRef
) -> None:
    with bitten(kind, run, ordered(kind, "Pin", "front")) as (evidence,):
        count = kind.wanted("front")
        assert f"may keep {count} pods, no fewer and no more" in evidence.how
    spec = someone.sees(autoscaler)["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 4)


def test_what_an_autoscaler_governs_is_scaled_by_its_bounds(
    kind: Kind, run: str, someone: Someone, autoscaler: ObjectRef
) -> None:
    with bitten(kind, run, ordered(kind, "Scale", "front", count=3)) as (evidence,):
        assert "front has 3 pods, by horizontalpodautoscaler squall-harmed/front" in evidence.how
        assert kind.wanted("front") == 3
    spec = someone.sees(autoscaler)["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 4)
    # Its metrics decide when there are fewer again, which is not waited for.
    someone.writes(FRONT, {"spec": {"replicas": 1}})


def test_a_service_without_an_autoscaler_is_not_pinned(kind: Kind, run: str) -> None:
    with pytest.raises(InjectionFailed, match="it has none"):
        ordered(kind, "Pin", "back").harm(run, 0.0)


def test_everything_down_comes_back_in_order(kind: Kind, run: str, someone: Someone) -> None:
    harming = ordered(kind, "Outage")
    with bitten(kind, run, harming, lasts=5.0) as evidence:
        assert len(evidence) == 3
        assert [kind.wanted(service) for service in ("front", "back", "green")] == [0, 0, 0]
        assert not any(one.ready for one in kind.instances("front"))
        endings = harming.end(run)
        assert [(each.target, each.ended) for each in endings] == [
            ("deployment squall-harmed/back", Ended.AS_STATED),
            ("deployment squall-harmed/front", Ended.AS_STATED),
            ("deployment squall-harmed/green", Ended.AS_STATED),
        ]
        assert [f"tier {tier} ready after" in each.how for tier, each in zip((1, 2, 2), endings, strict=True)] == [
            True
        ] * 3
        assert min(each.when.low for each in endings[1:]) > endings[0].when.high
    assert [kind.wanted(service) for service in ("front", "back")] == [2, 1]
    with bitten(kind, run, harming, lasts=5.0):
        someone.writes(BACK, {"spec": {"replicas": 2}})
        assert [ended.ended for ended in harming.ended(run)] == [Ended.BY_OTHERS]
    assert [kind.wanted(service) for service in ("front", "back")] == [2, 2]
    kind.deploy([], quiet)
