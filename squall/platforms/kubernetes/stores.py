"""How the stores of a system in a cluster are reached: by a port-forward to a Service of its namespace. Pure."""

from collections.abc import Iterator

from squall.platforms.kubernetes.api.client import Api
from squall.platforms.stores.endpoint import Door, Forwarded, reached
from squall.system.system import Cluster


def doors(api: Api, cluster: Cluster) -> Iterator[Door]:
    """Yield the door of each store."""
    for service, store in cluster.stores.items():
        place = Forwarded(
            context=api.context, kubeconfig=api.kubeconfig, namespace=cluster.namespace, service=store.service,
            port=store.listens,
        )  # fmt: skip
        yield reached(service, store, place)
