"""Rights with their names filled in, and whether the API server grants them (SelfSubjectAccessReview)."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from squall.platforms.kubernetes.access.rights import NAMELESS, NAMESPACE, SECRET, SERVICE, WORKLOAD, Right, RightScope
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.labels import OURS

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ReviewedNames:
    """What fills the names of rights in: the system's namespace, workloads and Services of the harmed services.

    And ``secrets``, that hold the passwords of its stores.
    """

    namespace: str
    workloads: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    def namespaced(self, scope: RightScope) -> str:
        """Return the namespace of a scope; empty: the whole cluster."""
        return {RightScope.SYSTEM: self.namespace, RightScope.AGENTS: OURS, RightScope.CLUSTER: ""}[scope]

    def names(self, right: Right) -> tuple[str, ...]:
        """Return the names that a right is restricted to."""
        known = {
            WORKLOAD: self.workloads, SERVICE: self.services, NAMESPACE: (self.namespace,), SECRET: self.secrets,
        }  # fmt: skip
        return tuple(name for each in right.names for name in known.get(each, (each,)))

    def meant(self, right: Right) -> bool:
        """Whether there is anything that the right is about: a Secret that nobody names is none, and not all."""
        return SECRET not in right.names or bool(self.secrets)


@dataclass(frozen=True, slots=True, order=True)
class ReviewedRight:
    """One right as the API server is asked for it; an empty namespace or name means all of them."""

    group: str
    resource: str
    verb: str
    namespace: str
    name: str = ""

    def __str__(self) -> str:
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {what}{f'/{self.name}' if self.name else ''} {self._where}"

    @property
    def _where(self) -> str:
        return f"in {self.namespace}" if self.namespace else "in the cluster"


def asked(rights: Iterable[Right], where: ReviewedNames) -> tuple[ReviewedRight, ...]:
    """Return each right with its names filled in, in order, once."""
    found = {
        ReviewedRight(right.group, right.resource, right.verb, where.namespaced(right.scope), name)
        for right in rights
        if where.meant(right)
        for name in _names(right, where)
    }
    return tuple(sorted(found))


def _names(right: Right, where: ReviewedNames) -> tuple[str, ...]:
    return ("",) if right.verb in NAMELESS else where.names(right) or ("",)


def missing(api: Api, wanted: Sequence[ReviewedRight]) -> tuple[ReviewedRight, ...]:
    """Return those that the API server does not grant to us; nothing is changed by asking."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        granted = list(pool.map(lambda each: _granted(api, each), wanted))
    return tuple(each for each, is_granted in zip(wanted, granted, strict=True) if not is_granted)


def unlimited(api: Api) -> bool:
    """Say whether we may do everything, as the administrator of a kind cluster: then nothing else is to be asked."""
    return _granted(api, ReviewedRight("*", "*", "*", ""))


def _granted(api: Api, each: ReviewedRight) -> bool:
    answer: Object = api.create(REVIEWS, review(each))
    return bool((answer.get("status") or {}).get("allowed"))


def review(each: ReviewedRight) -> Object:
    """Return the object that asks for one right."""
    resource, _, sub = each.resource.partition("/")
    attributes = {"group": each.group, "resource": resource, "subresource": sub, "verb": each.verb,
                  "namespace": each.namespace, "name": each.name}  # fmt: skip
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
