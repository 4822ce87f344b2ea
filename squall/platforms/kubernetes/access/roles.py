"""Roles as the objects that an administrator applies: an account, a role for each grant, and what binds them. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from squall.platforms.kubernetes.access.review import ReviewedNames
from squall.platforms.kubernetes.access.rights import NAMELESS, Grant, Right, RightScope
from squall.platforms.kubernetes.agents.pod import NAMESPACE
from squall.platforms.kubernetes.api.client import Object
from squall.platforms.kubernetes.api.labels import OURS

_RBAC = "rbac.authorization.k8s.io"


def account(name: str) -> Sequence[Object]:
    """Return squall's namespace and the account.

    The account is there, and not with the system: whoever may make pods beside an account can act as it.
    """
    meta = {"name": name, "namespace": OURS}
    return NAMESPACE, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}


def roles(grant: Grant, where: ReviewedNames, account: str) -> Iterator[Object]:
    """Yield a grant's role and its binding for each scope in which it has rights."""
    for scope in RightScope:
        if rights := [right for right in grant.rights if right.scope is scope and where.meant(right)]:
            yield from _bound(grant, scope, rules(rights, where), where, account)


def rules(rights: Iterable[Right], where: ReviewedNames) -> list[Object]:
    """Return rights as rules: verbs on the same objects together, then resources with the same verbs."""
    verbs: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for right in rights:
        names = where.names(right) if right.verb not in NAMELESS else ()
        found = verbs.setdefault((right.group, right.resource, names), [])
        found += [right.verb] if right.verb not in found else []
    resources: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (group, resource, names), said in verbs.items():
        resources.setdefault((group, tuple(said), names), []).append(resource)
    return [
        {"apiGroups": [group], "resources": found, "verbs": list(said)}
        | ({"resourceNames": list(names)} if names else {})
        for (group, said, names), found in resources.items()
    ]


def _bound(
    grant: Grant, scope: RightScope, rules: Sequence[Object], where: ReviewedNames, account: str
) -> Iterator[Object]:
    kind = "ClusterRole" if scope is RightScope.CLUSTER else "Role"
    # Roles of several systems are side by side in the cluster and in squall's namespace.
    name = f"squall-{grant.name}" if scope is RightScope.SYSTEM else f"squall-{where.namespace}-{grant.name}"
    meta = {"name": name} | ({"namespace": where.namespaced(scope)} if scope is not RightScope.CLUSTER else {})
    yield {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": meta, "rules": rules}
    yield {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": meta,
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": OURS}],
    }
