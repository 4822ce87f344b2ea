from typing import Any

import pytest

from squall.errors import Misuse
from squall.platforms.kubernetes.access.guard_rails import permit, prove_nodes, prove_place


def node(provider: str | None) -> dict[str, Any]:
    return {"metadata": {"name": "n"}, "spec": {"providerID": provider} if provider is not None else {}}


@pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://[::1]:1", "https://localhost:1"])
def test_kind_is_believed(server: str) -> None:
    prove_place("kind-squall", server)
    prove_nodes("kind-squall", [node("kind://docker/squall/squall-worker")] * 2)


@pytest.mark.parametrize(
    ("context", "server", "text"),
    [
        ("prod", "https://127.0.0.1:1", "not one that kind made"),
        ("my-kind-x", "https://127.0.0.1:1", "not one that kind made"),
        ("kind-x", "https://10.0.0.1:6443", "at 10.0.0.1 and not on this machine"),
        ("kind-x", "https://docker:6443", r"at docker and not on this machine: .*Docker-in-Docker.*run squall there"),
        ("kind-x", "https://127.0.0.1.example.org", "not on this machine"),
        ("kind-x", "", "not on this machine"),
    ],
)
def test_another_place_is_refused(context: str, server: str, text: str) -> None:
    with pytest.raises(Misuse, match=text):
        prove_place(context, server)


@pytest.mark.parametrize("others", [[], [node("aws:///eu/i-1")], [node("kind://a"), node(None)], [node("xkind://")]])
def test_nodes_that_are_not_kinds_are_refused(others: list[Any]) -> None:
    with pytest.raises(Misuse, match=r"kind create cluster"):
        prove_nodes("kind-renamed", others)


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-flannel", "squall", "local-path-storage"])
def test_some_namespaces_are_never_touched(namespace: str) -> None:
    with pytest.raises(Misuse, match="never touched"):
        permit(namespace)


def test_a_system_has_its_own_namespace() -> None:
    permit("quantum-rerank")
