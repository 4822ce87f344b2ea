"""How the stores of a system in a cluster are reached: by a port-forward to a Service of its namespace. Pure."""

from collections.abc import Iterator

from squall.platforms.kubernetes.api.client import Api
from squall.platforms.stores.endpoint import Forwarded, StoreEndpoint, endpoint_of
from squall.system.cluster import Cluster


def endpoints(api: Api, cluster: Cluster) -> Iterator[StoreEndpoint]:
    """Yield the endpoint of each store."""
    for service, store in cluster.stores.items():
        place = Forwarded(
            context=api.context, kubeconfig=api.kubeconfig, namespace=cluster.namespace, service=store.service,
            port=store.listens,
        )  # fmt: skip
        yield endpoint_of(service, store, place)
