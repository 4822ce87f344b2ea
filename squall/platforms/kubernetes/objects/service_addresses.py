"""Where a service is reached from inside a cluster, and by which ports the kubelet probes a pod. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from squall.instances import Address
from squall.platforms.kubernetes.api.client import Object

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
WAYS = ("httpGet", "tcpSocket", "grpc")


def addresses(pods: Sequence[Object], service: Object | None) -> list[Address]:
    """Return the addresses of pods with their ports, and the Service's own address with its ports, if it has one."""
    found = [Address(ip, port) for pod in pods for port in ports(pod, service) for ip in _own(pod)]
    spec = (service or {}).get("spec") or {}
    own = [str(ip) for ip in spec.get("clusterIPs") or () if ip not in {"", "None"}]
    return [*found, *(Address(ip, int(port["port"])) for ip in own for port in _by_tcp(spec.get("ports") or ()))]


def ports(pod: Object, service: Object | None) -> list[int]:
    """Return the TCP ports at which a pod answers for a Service; without one, those that its containers name."""
    named = _named(pod)
    if service is None:
        return sorted(dict.fromkeys(_numbers(pod)))
    wanted = [port.get("targetPort", port["port"]) for port in _by_tcp(service["spec"].get("ports") or ())]
    return sorted({number for each in wanted if (number := _number(each, named))})


def probed(pod: Object) -> list[int]:
    """Return the ports at which the kubelet itself connects to a pod."""
    named, found = _named(pod), set[int]()
    for container in _containers(pod):
        for probe in (container[kind] for kind in PROBES if container.get(kind)):
            for way in (probe[way] for way in WAYS if probe.get(way)):
                if (number := _number(way.get("port"), named)) is not None:
                    found.add(number)
    return sorted(found)


def _number(port: object, named: Mapping[str, int]) -> int | None:
    return port if isinstance(port, int) else named.get(str(port))


def _named(pod: Object) -> dict[str, int]:
    found = (port for container in _containers(pod) for port in container.get("ports") or ())
    return {str(port["name"]): int(port["containerPort"]) for port in found if port.get("name")}


def _numbers(pod: Object) -> Iterator[int]:
    for container in _containers(pod):
        yield from (int(port["containerPort"]) for port in _by_tcp(container.get("ports") or ()))


def _by_tcp(listed: Sequence[Object]) -> list[Object]:
    return [port for port in listed if port.get("protocol", "TCP") == "TCP"]


def _containers(pod: Object) -> Sequence[Object]:
    # An init container that stays is a sidecar: it may be probed too.
    spec = pod.get("spec") or {}
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]


def _own(pod: Object) -> list[str]:
    return [str(each["ip"]) for each in (pod.get("status") or {}).get("podIPs") or ()]
