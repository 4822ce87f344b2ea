"""What a run may do in a cluster: the grants that its parts need, what is missing, and where agents may not be."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

import yaml

from squall.errors import HarnessFailed, Misuse
from squall.platforms.capability import Gauges, Host, Need, Network
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.access.review import ReviewedNames, ReviewedRight, asked, missing, unlimited
from squall.platforms.kubernetes.access.rights import EXPIRY, OF, OWN, PLAN, TELL, Grant, deploying, parts
from squall.platforms.kubernetes.agents.pod import agent_pod, require
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.labels import OURS
from squall.platforms.kubernetes.api.paths import namespace, within
from squall.platforms.object_harms import ObjectHarms
from squall.system.cluster import Cluster
from squall.system.stores import Login
from squall.system.system import System

# What a policy answers (Pod Security, ValidatingAdmissionPolicy, webhooks), each in its way.
REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST}


Granted = Mapping[str, Grant]


def used(system: System, needs: Sequence[Need]) -> list[Need]:
    """Return what a run needs whose harm needs some: that, and what the run itself uses."""
    gauges = any(service.gauges for service in system.services.values())
    return [*needs, *([Need(Gauges)] if gauges else [])]


def grants(
    needs: Sequence[Need], of_objects: Granted, manifests: Path | None, kubectl: Kubectl, expiring: bool = False
) -> list[Grant]:
    """Return the grants of a run whose harm needs these, and that deploys from a folder (None: does not).

    ``of_objects`` are those of the harms to objects that the platform has, by the fault; ``expiring``: what the run
    holds in the API also ends by itself.

    Raises:
        Misuse: something is offered and nobody has written down its rights, or nothing carries a fault out;
            HarnessFailed: the folder's manifests cannot be rendered.
    """
    found = [PLAN, OWN, TELL, *([deploying(kinds(manifests, kubectl))] if manifests is not None else [])]
    for need in needs:
        found += _granted(need, of_objects)
    if expiring and any(grant.expires for grant in found):
        found.append(EXPIRY)
    return list({grant.name: grant for grant in found}.values())


def _granted(need: Need, of_objects: Granted) -> list[Grant]:
    if need.capability is ObjectHarms:
        if need.fault not in of_objects:
            raise Misuse(f"nothing carries out {need.fault} here (known: {', '.join(of_objects)})")
        return [of_objects[need.fault]]
    if not (known := parts(need.capability)):
        raise Misuse(f"the rights that {need.capability.__name__} needs are not written down: add them to rights.OF")
    return [OF[part] for part in known]


def kinds(manifests: Path, kubectl: Kubectl) -> list[tuple[str, str]]:
    """Return apiVersion and kind of each object of a kustomize folder, without the namespace itself."""
    items = [item for item in yaml.safe_load_all(kubectl.run("kustomize", str(manifests))) if item]
    return [(str(item["apiVersion"]), str(item["kind"])) for item in items if item["kind"] != "Namespace"]


def where(cluster: Cluster, services: Sequence[str]) -> ReviewedNames:
    """Return what fills the names in: those of the harmed services; of all of them if none is named."""
    places = [cluster.services[name] for name in services or sorted(cluster.services) if name in cluster.services]
    return ReviewedNames(
        cluster.namespace,
        tuple(place.workload.partition("/")[2] for place in places),
        tuple(place.service for place in places if place.service is not None),
        tuple(sorted({login.secret for login in _logins(cluster) if login.secret is not None})),
    )


def _logins(cluster: Cluster) -> Iterator[Login]:
    for store in cluster.stores.values():
        yield store.login
        if store.application is not None:
            yield store.application


class Permissions:
    """Asks one API server, for one system; ``of_objects`` and ``expiring`` are as for ``grants``."""

    def __init__(
        self, api: Api, kubectl: Kubectl, system: System, cluster: Cluster, of_objects: Granted, expiring: bool
    ) -> None:
        self._api, self._kubectl, self._system = api, kubectl, system
        self._cluster, self._of_objects, self._expiring = cluster, of_objects, expiring
        self._manifests = system.folder / cluster.kustomize if cluster.kustomize is not None else None

    def needed(self, need: Need) -> Sequence[ReviewedRight]:
        """Return all rights of a run whose harm needs this."""
        needs = used(self._system, [need])
        found = grants(needs, self._of_objects, self._manifests, self._kubectl, self._expiring)
        place = where(self._cluster, [need.service] if need.service else ())
        return asked((right for grant in found for right in grant.rights), place)

    def missing(self, need: Need) -> Sequence[ReviewedRight]:
        """Return those that are not granted."""
        return () if unlimited(self._api) else missing(self._api, self.needed(need))

    def absent(self, need: Need) -> str:
        """Say why it is not to be had in this cluster, whatever rights we have; empty: it is.

        An agent's pod is privileged. Whether one is admitted is tried by a dry run, which makes nothing.
        """
        if not {Host, Network} & {*need.capability.__mro__}:
            return ""
        image = require(self._cluster.agent)
        if self._api.find(namespace(OURS)) is None:
            return ""
        pod = agent_pod("dry-run", "none", self._cluster.namespace, image)
        try:
            self._api.create(within(OURS, "pod") + "?dryRun=All", pod)
        except ApiFailed as error:
            if error.status not in REFUSED:
                raise HarnessFailed(f"trying an agent's pod: {error.reason}") from error
            # Who may not make pods at all lacks a right, which is said elsewhere.
            lacking = missing(self._api, [ReviewedRight("", "pods", "create", OURS)])
            return "" if lacking else f"privileged pods are forbidden in the namespace {OURS}: {error.reason}"
        return ""
