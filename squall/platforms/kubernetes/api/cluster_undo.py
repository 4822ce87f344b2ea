"""What every undo in a cluster has in common: it opens the API, and first makes sure that it is the same cluster.

No undo is defined here. One that must work without the API, because that is what was harmed, proves in another way
where it is (``squall.platforms.kind.node_undo``).
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.platforms.kubernetes.api.arguments import InCluster
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.cluster_identity import address, not_undone, reopened
from squall.safety.undo_log import Undo, undoes

Args = Mapping[str, Any]
ClusterUndoing = Callable[[Api, Args], str]

_KINDS: set[str] = set()


def undoes_in_cluster(kind: str, doing: str, form: type[InCluster]) -> Callable[[ClusterUndoing], ClusterUndoing]:
    """Register the function that undoes a kind in a cluster: it is given the API of the same cluster, and ``args``.

    ``doing`` says what it does to whom, with the names of ``args`` in braces; ``form`` is what they are. What it cannot
    do, and what it cannot read, is a NotUndone; a NotReached if the server may do it later.
    """

    def register(function: ClusterUndoing) -> ClusterUndoing:
        @undoes(kind, form)
        def undo(args: Args) -> str:
            with closing(reopened(args)) as api:
                try:
                    return function(api, args)
                except ApiFailed as error:
                    raise not_undone(error, doing.format_map(args)) from error
                except (HarnessFailed, Misuse, ValueError) as error:
                    raise NotUndone(f"{doing.format_map(args)}: {error}") from error

        _KINDS.add(kind)
        return function

    return register


def cluster_undo(api: Api, kind: str, about: str, /, **args: object) -> Undo:
    """Return an entry of a kind that is undone in this cluster. Raises ValueError for any other kind."""
    if kind not in _KINDS:
        raise ValueError(f"an undo of the kind {kind} does not make sure that it is the same cluster")
    return Undo(kind, about, {**address(api), **args})
