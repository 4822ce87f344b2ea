"""What a cluster has not of what a system file says of it. Reads only."""

from collections.abc import Iterator
from http import HTTPStatus

from squall.errors import SquallError
from squall.platforms.http import status
from squall.platforms.kubernetes.api import paths
from squall.platforms.kubernetes.api.client import Api
from squall.platforms.kubernetes.deploy import ANSWER_WITHIN
from squall.platforms.kubernetes.objects.pods import ready, selects
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.system.cluster import Cluster, Workload
from squall.system.system import System

Lack = tuple[tuple[str, ...], str]


def lacks(system: System, section: Cluster, context: str) -> Iterator[Lack]:
    """Yield the key of each thing that is missing, and what is."""
    api = Api(context)
    try:
        if api.find(paths.namespace(section.namespace)) is None:
            yield ("namespace",), f"there is no namespace {section.namespace} in {context}: the system is not deployed"
            return
        for name, place in section.services.items():
            yield from _of_service(api, section, name, place)
    except SquallError as error:
        yield (), str(error)
        return
    finally:
        api.close()
    for name in system.services.keys() - section.services.keys():
        yield ("services",), f"{name} has no place here: scenarios about it cannot run on this platform"
    url = section.url.rstrip("/") + system.probe.path
    if (said := status(url, ANSWER_WITHIN)) != str(HTTPStatus.OK.value):
        yield ("url",), f"{url} answers {said}"


def _of_service(api: Api, section: Cluster, name: str, place: Workload) -> Iterator[Lack]:
    at, namespace = ("services", name), section.namespace
    there = api.find(paths.within(namespace, *place.workload.split("/", 1))) is not None
    pods = Workloads(api, section).pods_of(name) if there else ()
    if not there:
        yield (*at, "workload"), f"there is no {place.workload} in the namespace {namespace}"
    elif (count := sum(ready(pod) for pod in pods)) < (wanted := Workloads(api, section).wanted(name)):
        yield (*at, "workload"), f"{count} of {wanted} instances are ready"
    if place.service is None:
        return
    if (service := api.find(paths.within(namespace, "service", place.service))) is None:
        yield (*at, "service"), f"there is no Service {place.service} in the namespace {namespace}"
    elif pods and not any(selects(service["spec"].get("selector") or {}, pod) for pod in pods):
        yield (*at, "service"), f"the Service {place.service} selects none of the pods of {place.workload}"
