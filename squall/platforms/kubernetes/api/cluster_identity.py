"""How an undo finds its cluster again from another process, and makes sure that it is the same one.

A context's name is not enough: a kind cluster that was made anew has the name of the old one, and anybody can edit a
kubeconfig. A cluster is told by the uid of its namespace kube-system, which stands as long as the cluster does.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from squall.errors import NotUndone
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.paths import namespace

SYSTEM = "kube-system"


def cluster_uid(api: Api) -> str:
    """Return what tells a cluster from all others; empty if our account may not read it."""
    try:
        return str(api.get(namespace(SYSTEM))["metadata"]["uid"])
    except ApiFailed as error:
        if error.status == HTTPStatus.FORBIDDEN:
            return ""
        raise


def address(api: Api) -> dict[str, str | None]:
    """Return the arguments of an undo that lead to this cluster."""
    return {"context": api.context, "kubeconfig": api.kubeconfig, "cluster": cluster_uid(api)}


def reopened(args: Mapping[str, Any]) -> Api:
    """Return the API of the cluster that an undo's arguments lead to.

    Raises:
        NotUndone: another cluster is there now, or it does not answer.
    """
    api = Api(args["context"], args.get("kubeconfig"))
    try:
        now = cluster_uid(api) if args.get("cluster") else ""
    except ApiFailed as error:
        api.close()
        raise NotUndone(f"asking the cluster of {api.context}: {error.reason}") from error
    if now and now != args["cluster"]:
        api.close()
        raise NotUndone(
            f"the context {api.context} leads to another cluster now (uid {now}, it was {args['cluster']}): nothing is "
            "undone in it; if the old one is gone, so is what stood there"
        )
    return api
