"""Where a service is reached in a cluster, read from pods and Services as the API server tells them."""

from typing import Any

from squall.instances import Address
from squall.platforms.kubernetes.objects.service_addresses import addresses, ports, probed


def pod(*containers: dict[str, Any], ip: str = "10.0.0.7", **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers), **spec}, "status": {"podIPs": [{"ip": ip}]}}


def service(*stated: dict[str, Any], own: str = "10.96.0.9") -> dict[str, Any]:
    return {"spec": {"clusterIPs": [own], "ports": list(stated)}}


REDIS = {"ports": [{"name": "redis", "containerPort": 6379}, {"name": "seen", "containerPort": 9121}]}


def test_a_named_target_port_is_the_containers() -> None:
    assert ports(pod(REDIS), service({"port": 80, "targetPort": "redis"})) == [6379]
    assert ports(pod(REDIS), service({"port": 80, "targetPort": 9121}, {"port": 6379})) == [6379, 9121]
    assert ports(pod(REDIS), service({"port": 80, "targetPort": "nobody's"})) == []


def test_without_a_service_all_ports_count_that_containers_name() -> None:
    assert ports(pod(REDIS), None) == [6379, 9121]
    assert addresses([pod(REDIS, ip="10.0.0.8")], None) == [Address("10.0.0.8", 6379), Address("10.0.0.8", 9121)]


def test_addresses_are_the_pods_and_the_services_own_address() -> None:
    stated = {"port": 80, "targetPort": "redis"}
    assert addresses([pod(REDIS)], service(stated)) == [Address("10.0.0.7", 6379), Address("10.96.0.9", 80)]
    assert addresses([pod(REDIS)], service(stated, own="None")) == [Address("10.0.0.7", 6379)]
    assert addresses([], service(stated)) == [Address("10.96.0.9", 80)]


def test_what_is_not_tcp_is_no_address() -> None:
    assert addresses([pod(REDIS)], service({"port": 53, "targetPort": "redis", "protocol": "UDP"})) == []


def test_the_kubelets_ports_are_those_of_all_probes_of_all_containers() -> None:
    first = {**REDIS, "readinessProbe": {"tcpSocket": {"port": "redis"}}, "livenessProbe": {"exec": {"command": ["x"]}}}
    second = {"livenessProbe": {"httpGet": {"port": 8080}}, "startupProbe": {"grpc": {"port": 9000}}}
    sidecar = {"startupProbe": {"httpGet": {"port": 15021}}}
    assert probed(pod(first, second, initContainers=[sidecar])) == [6379, 8080, 9000, 15021]
    assert probed(pod(REDIS)) == probed({}) == []
