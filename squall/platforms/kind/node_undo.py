"""What undos have in common that go into a node of kind by its container, because the API server is what was harmed.

Which cluster the node is of cannot be asked then. A cluster that was made anew under the old name has nodes of the old
names in other containers: so the container's id, which it keeps when it is stopped and started, is what is compared.
"""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from squall.errors import HarnessFailed, NotUndone
from squall.platforms.kind.machine import Machine
from squall.platforms.kubernetes.api.arguments import OfRun
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.api.cluster_identity import address
from squall.platforms.kubernetes.api.cluster_undo import Args
from squall.safety.arguments import Name
from squall.safety.undo_log import Undo, undoes

NodeUndoing = Callable[[Machine, Args], str]

_KINDS: set[str] = set()


class OnNode(OfRun):
    """A node of kind by its container, whose id is empty in entries of before it was written down."""

    node: Name
    container: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,64}$")] = ""


def undoes_on_node(kind: str, doing: str) -> Callable[[NodeUndoing], NodeUndoing]:
    """Register the function that undoes a kind without the API: it is given the same container, and ``args``.

    ``doing`` says what it does to whom, with the names of ``args`` in braces.
    """

    def register(function: NodeUndoing) -> NodeUndoing:
        @undoes(kind, OnNode)
        def undo(args: Args) -> str:
            node = Machine(args["node"])
            try:
                _refuse_another(node, str(args.get("container") or ""))
                return function(node, args)
            except HarnessFailed as error:
                raise NotUndone(f"{doing.format_map(args)}: {error}") from error

        _KINDS.add(kind)
        return function

    return register


def node_undo(api: Api, node: Machine, kind: str, about: str, /, **args: object) -> Undo:
    """Return an entry of a kind that is undone in this node. Raises ValueError for any other kind."""
    if kind not in _KINDS:
        raise ValueError(f"an undo of the kind {kind} does not make sure that it is the same node")
    return Undo(kind, about, {**address(api), "node": node.name, "container": node.id(), **args})


def _refuse_another(node: Machine, container: str) -> None:
    """Raise NotUndone unless the node is this container; entries of before this was written down have none."""
    if container and (now := node.id()) != container:
        raise NotUndone(
            f"the node {node.name} is of another cluster now (container {now[:12]}, it was {container[:12]}): nothing "
            "is undone in it; what was harmed in the old one is gone with it"
        )
