"""Whether a cluster is a kind cluster of this machine: by its containers here, and not by what it says of itself.

A tunnel to another machine's kind cluster is at 127.0.0.1, too, and harms to nodes' machines would strike the local
containers of the same names.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from squall.errors import Misuse
from squall.platforms.kind.machine import published
from squall.platforms.kubernetes.access.guard_rails import INSTEAD, NAME, prove_nodes, prove_place
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.paths import NODES


def prove(api: Api) -> Sequence[Object]:
    """Return the nodes of a kind cluster of this machine.

    Raises:
        Misuse: it is none, or does not answer.
    """
    prove_place(api.context, api.server)
    containers = published(api.context.removeprefix(NAME))
    prove_port(api.context, api.server, containers)
    try:
        nodes = api.items(NODES)
    except ApiFailed as error:
        raise Misuse(f'the cluster of "{api.context}" does not answer: {error.reason}. {INSTEAD}') from error
    prove_nodes(api.context, nodes)
    prove_containers(api.context, nodes, containers)
    return nodes


def prove_port(context: str, server: str, containers: Mapping[str, Sequence[int]]) -> None:
    """Raise Misuse unless the API server's port is published by a container of the cluster of that name."""
    port = urlsplit(server).port or 443
    if not any(port in ports for ports in containers.values()):
        raise Misuse(
            f'the API server of "{context}" is at port {port}, which no container of the kind cluster '
            f'"{context.removeprefix(NAME)}" of this machine publishes (a tunnel, or another cluster): {INSTEAD}'
        )


def prove_containers(context: str, nodes: Sequence[Object], containers: Mapping[str, Sequence[int]]) -> None:
    """Raise Misuse unless each node is a container of the cluster of that name."""
    for node in nodes:
        if (name := str(node["metadata"]["name"])) not in containers:
            raise Misuse(f'the node {name} of "{context}" is no container of this machine: {INSTEAD}')
