"""The form of what undos in a cluster are told: a context of this user's own kubeconfig, and names of objects."""

from typing import Annotated

from pydantic import Field

from squall.platforms.kubeconfig import OwnKubeconfig, refuse_foreign_kubeconfig
from squall.safety.arguments import Arguments, Name, RunName

# What Kubernetes allows in the names of namespaces, and a key of a Secret or ConfigMap.
Namespace = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,253}$")]
# A path of one object, or of one kind's objects, in the API.
ApiPath = Annotated[str, Field(pattern=r"^/(api|apis/[a-z0-9.-]+)/v[a-z0-9]+(/[A-Za-z0-9][A-Za-z0-9._-]*){1,4}$")]
Uid = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,64}$")]


class InCluster(Arguments):
    """Something in the cluster of that uid, by a context of a kubeconfig."""

    context: Annotated[str, Field(min_length=1, max_length=253)]
    kubeconfig: OwnKubeconfig = None
    cluster: Uid | None = None

    def refuse_foreign(self) -> None:
        """Run no program, and ask no server, but those of the user's own kubeconfig."""
        refuse_foreign_kubeconfig(self.kubeconfig)


class OfRun(InCluster):
    """Something that bears a run's name."""

    run: RunName


class InNamespace(OfRun):
    """Something of a run in a namespace."""

    namespace: Namespace


class OfPod(InNamespace):
    """A pod."""

    name: Name
