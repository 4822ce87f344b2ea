"""Who has to allow a harm on another's cluster: the namespace while the run goes on, and each node itself."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from squall.errors import InjectionFailed, Misuse
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.allowed import Kubernetes
from squall.platforms.kubernetes.api.labels import ALLOWED
from squall.platforms.kubernetes.api.object_ref import NODE, ObjectRef
from squall.platforms.kubernetes.api_harms import ApiHarms
from squall.platforms.object_harms import ObjectHarm
from squall.system.cluster import UNPUBLISHED, AllowedCluster
from tests.platforms.conftest import Served
from tests.platforms.echo_cluster import SYSTEM
from tests.platforms.harmed import harm_context, ordered, up
from tests.platforms.kept import Kept

WORKER, OTHER = ObjectRef(NODE, "worker"), ObjectRef(NODE, "other")
NAMESPACE = "/api/v1/namespaces/squall-test"
CONSENT = {"labels": {ALLOWED: "true"}}


@pytest.fixture
def kept(served: Served) -> Kept:
    found = up()
    found.serve(served.script)
    return found


def nodes(kept: Kept, *willing: ObjectRef) -> None:
    for place in (WORKER, OTHER):
        kept.put(place, metadata=CONSENT if place in willing else {}, spec={})


def on(served: Served, asks: bool = True) -> ApiHarms:
    harms = ApiHarms()
    harms.harm_context = replace(harm_context(served), asks_nodes=asks)
    return harms


def test_only_nodes_that_allow_it_are_chosen_from_where_others_may_run_on_them(served: Served, kept: Kept) -> None:
    nodes(kept, WORKER)
    assert on(served).workers() == ["worker"]
    assert sorted(on(served, asks=False).workers()) == ["other", "worker"]


def test_if_none_allows_it_the_line_says_how(served: Served, kept: Kept) -> None:
    nodes(kept)
    with pytest.raises(Misuse, match=r"no node of kind-fake allows .* kubectl --context kind-fake label node NODE"):
        on(served).workers()


@pytest.mark.parametrize("fault", ["Cordon", "Drain"])
def test_a_node_that_no_longer_allows_it_is_not_harmed(served: Served, kept: Kept, fault: str) -> None:
    """M18: a namespace's label permitted to cordon and drain nodes that others use."""
    nodes(kept, OTHER)
    harm: ObjectHarm = ordered(on(served), fault, nodes=["worker"])
    with pytest.raises(InjectionFailed, match=f"harming node worker: it does not allow it: .* {ALLOWED}=true"):
        harm.harm("run", 5.0)
    assert kept.written == []


def test_both_of_the_platforms_that_harm_clusters_say_whether_they_ask() -> None:
    assert (Kind.asks_nodes, Kubernetes.asks_nodes) == (False, True)


@pytest.fixture
def platform(served: Served, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    monkeypatch.setenv("KUBECONFIG", str(served.api.kubeconfig))
    services = {"echo": {"workload": "deployment/echo"}}
    section = AllowedCluster.model_validate({"namespace": "squall-test", "url": "http://x", "services": services})
    platforms = SYSTEM.platforms.model_copy(
        update={"kubernetes": section.model_copy(update={"agent": UNPUBLISHED, "expiry": False})}
    )
    one = Kubernetes(SYSTEM.model_copy(update={"platforms": platforms}), None, ["kind-fake"])
    yield one
    one.close()


def label(kept: Kept, **labels: str) -> None:
    kept.objects[NAMESPACE] = {"metadata": {"name": "squall-test", "uid": "n", "labels": labels}}


@pytest.mark.parametrize("how", ["the label is gone", "the namespace is gone"])
def test_who_takes_the_permission_away_wants_no_more_harm(platform: Kubernetes, kept: Kept, how: str) -> None:
    """M18: the label was read once; taking it away stopped nothing."""
    label(kept, **{ALLOWED: "true"})
    platform.claim_run("run")
    own: Any = platform.harm_context.owned
    own()
    if how == "the label is gone":
        label(kept)
    else:
        del kept.objects[NAMESPACE]
    with pytest.raises(InjectionFailed, match="does not allow it" if "label" in how else "there is no namespace"):
        own()
