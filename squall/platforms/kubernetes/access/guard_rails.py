"""Whether a cluster is a kind cluster on this machine, and whether a namespace may be touched. Pure.

Only such a cluster is harmed without asking, and a context's name alone proves nothing: anybody can rename one.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from squall.errors import Misuse
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.labels import OURS

NAME = "kind-"
PROVIDER = "kind://"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
PROTECTED = {"kube-system", "kube-public", "kube-node-lease", "local-path-storage", OURS}
_ELSEWHERE = (
    "where its Docker is another machine's (Docker-in-Docker, DOCKER_HOST), run squall there, for kind's ports and "
    "nodes are that machine's; or use the platform kubernetes with --allow-context"
)
INSTEAD = 'make a kind cluster ("kind create cluster") and name its context'


def prove_place(context: str, server: str) -> None:
    """Raise Misuse unless the context is named as kind names its own and the API server is on this machine."""
    if not context.startswith(NAME):
        raise Misuse(f'the context "{context}" is not one that kind made ("{NAME}..."): {INSTEAD}')
    if (host := urlsplit(server).hostname or "") not in LOOPBACK:
        raise Misuse(f'the API server of "{context}" is at {host or "nowhere"} and not on this machine: {_ELSEWHERE}')


def prove_nodes(context: str, nodes: Sequence[Object]) -> None:
    """Raise Misuse unless every node was made by kind."""
    if not nodes:
        raise Misuse(f'the cluster of "{context}" has no node: {INSTEAD}')
    for node in nodes:
        provider = str(node.get("spec", {}).get("providerID") or "")
        if not provider.startswith(PROVIDER):
            name, said = node["metadata"]["name"], provider or "none"
            raise Misuse(f'the node {name} of "{context}" is not kind\'s (provider id: {said}): {INSTEAD}')


def permit(namespace: str) -> None:
    """Raise Misuse for a namespace that is never touched."""
    if namespace in PROTECTED or namespace.startswith("kube-"):
        raise Misuse(f"the namespace {namespace} is never touched: give the system a namespace of its own")
