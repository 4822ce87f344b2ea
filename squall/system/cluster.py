"""``platforms.kind`` and ``platforms.kubernetes`` of a system file as typed values: the system in a cluster."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from squall.system.alerts import Alertmanager
from squall.system.local import PLACEHOLDER, Command, ReleaseName
from squall.system.stores import ClusterStore
from squall.system.strict import Strict
from squall.units import Duration

# The agent's image as it is built here. No registry is called so: nobody can publish one of that name.
UNPUBLISHED = "localhost/squall/agent:dev"
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


class Workload(Strict):
    """Where a service runs in a cluster: ``deployment/NAME`` or ``statefulset/NAME``, and its Kubernetes Service.

    ``metrics`` is the port of its gauges, if that is not the first port of its containers. ``container`` is the one
    that is harmed in each pod, if that is neither the first nor the one that the annotation
    ``kubectl.kubernetes.io/default-container`` names.
    """

    workload: Annotated[str, Field(pattern=r"^(deployment|statefulset)/[a-z0-9][a-z0-9.-]*$")]
    service: str | None = None
    container: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")] | None = None
    metrics: Annotated[int, Field(ge=1, le=65535)] | None = None


OF_RELEASERS = frozenset({"folder", "workload", "service", "namespace", "context", "kubectl", "python"})


class Cluster(Strict):
    """The system on Kubernetes: namespace, users' URL, and the kustomize folder that deploys it (from the system's).

    ``releases`` are folders too, by the release's name (what the sentence says behind "that") and the service.
    ``releaser`` is the team's own command that brings one out, run in the system's folder; it must not end before it
    knows how that went. Placeholders in it: ``${folder}``, ``${workload}``, ``${service}``, ``${namespace}``,
    ``${context}``, ``${kubectl}`` and ``${python}``.

    ``configurations`` are broken on purpose, by a name as releases have it: for each service the keys of the ConfigMap
    that its pods read, with other values.

    ``expiry`` is whether what a run holds in the API also ends by itself, in the cluster: by default it does on
    kubernetes, and not on kind.

    ``alertmanager`` is where alerts are silenced while a run goes on.

    Without ``kustomize`` it is there already: it is not deployed, only required to be ready. ``agent`` is the image of
    squall's agent: without a digest (``@sha256:...``) it must be on the nodes, and is pulled from nowhere.
    """

    namespace: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    url: Annotated[str, Field(pattern="^https?://")]
    kustomize: Path | None = None
    services: Mapping[str, Workload]
    stores: Mapping[str, ClusterStore] = {}
    weaknesses: Mapping[str, Path] = {}
    releaser: Command | None = None
    releases: Mapping[ReleaseName, Mapping[str, Path]] = {}
    configurations: Mapping[ReleaseName, Mapping[str, Annotated[Mapping[str, str], Field(min_length=1)]]] = {}
    ready_within: Duration = 120.0
    expiry: bool | None = None
    alertmanager: Alertmanager | None = None
    agent: str = UNPUBLISHED

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what cannot mean anything, and where."""
        if self.kustomize is None and self.weaknesses:
            yield ("weaknesses",), "weaknesses need kustomize: without it squall does not deploy the system"
        for release, folders in self.releases.items():
            for name in folders.keys() - self.services.keys():
                yield ("releases", release, name), "is not one of the services"
        for name, services in self.configurations.items():
            for service in services.keys() - self.services.keys():
                yield ("configurations", name, service), "is not one of the services"
        if self.releases and self.releaser is None:
            yield ("releases",), "there is no releaser to bring them out"
        for placeholder in PLACEHOLDER.findall(self.releaser or ""):
            if placeholder not in OF_RELEASERS:
                yield ("releaser",), f"unknown placeholder ${{{placeholder}}}"


def _of_one_content(image: object) -> object:
    if not DIGEST.search(str(image)):
        raise ValueError(
            f"{image!r} names no content: write the image's digest, NAME@sha256:..., for it is root on the nodes"
        )
    return image


class AllowedCluster(Cluster):
    """A cluster that is not of this machine: the agent's image has no usual name, and is known by its digest."""

    agent: Annotated[str, BeforeValidator(_of_one_content)] = ""
