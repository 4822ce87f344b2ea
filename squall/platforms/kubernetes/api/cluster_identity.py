"""How an undo finds its cluster again from another process, and makes sure that it is the same one.

A context's name is not enough: a kind cluster that was made anew has the name of the old one, and anybody can edit a
kubeconfig. A cluster is known by the uid of its namespace kube-system, which lives as long as the cluster does.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from squall.errors import NotReached, NotUndone
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
        NotUndone: another cluster is there now, it does not answer, or does not say which one it is.
    """
    api = Api(args["context"], args.get("kubeconfig"))
    try:
        _refuse_another(api, str(args.get("cluster") or ""))
    except NotUndone:
        api.close()
        raise
    return api


def not_undone(failure: ApiFailed, doing: str) -> NotUndone:
    """Return what an undo raises for a failure of the API: NotReached if the same may succeed later."""
    return (NotReached if failure.passing else NotUndone)(f"{doing}: {failure.reason}")


def _refuse_another(api: Api, uid: str) -> None:
    """Raise NotUndone unless the cluster has this uid; entries of accounts that could not read it have none."""
    if not uid:
        return
    try:
        now = cluster_uid(api)
    except ApiFailed as error:
        raise not_undone(error, f"asking the cluster of {api.context}") from error
    if not now:
        raise NotUndone(
            f"asking the cluster of {api.context} which one it is: we may not read its namespace {SYSTEM}: "
            "nothing is undone in it; give the account that right (squall rbac prints it)"
        )
    if now != uid:
        raise NotUndone(
            f"the context {api.context} leads to another cluster now (uid {now}, it was {uid}): nothing is "
            "undone in it; if the old one is gone, so is what was harmed in it"
        )
