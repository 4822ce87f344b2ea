import re
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import versions
from cluster.errors import Unusable
from cluster.kind import CONFIG, cluster_key, host_ports, require_free_ports
from tests.kind.conftest import PORT
from tests.kind.gate import ROOT

HERE = CONFIG.parent
Config = dict[str, Any]


@pytest.fixture(scope="module")
def config() -> Config:
    loaded: Config = yaml.safe_load(CONFIG.read_text())
    return loaded


@pytest.fixture(scope="module")
def patches(config: Config) -> dict[str, Config]:
    loaded = [yaml.safe_load(patch) for patch in config["kubeadmConfigPatches"]]
    return {patch["kind"]: patch for patch in loaded}


def test_one_control_plane_and_two_workers(config: Config) -> None:
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker"]


def test_users_enter_at_the_control_plane_from_this_machine_only(config: Config) -> None:
    first, *workers = config["nodes"]
    ports = [(port["listenAddress"], port["containerPort"], port["hostPort"]) for port in first["extraPortMappings"]]
    assert ports == [("127.0.0.1", number, number) for number in range(30080, 30088)]
    assert not any("extraPortMappings" in worker for worker in workers)


def test_ingress_and_stores_stand_where_no_fault_strikes(config: Config) -> None:
    assert config["nodes"][0]["labels"] == {"ingress-ready": "true", "squall.dev/stores": "true"}


def test_a_lease_is_renewed_well_within_the_grace_period(patches: dict[str, Config]) -> None:
    grace = patches["ClusterConfiguration"]["controllerManager"]["extraArgs"]["node-monitor-grace-period"]
    renewed_every = patches["KubeletConfiguration"]["nodeLeaseDurationSeconds"] / 4
    assert renewed_every * 4 <= float(grace.removesuffix("s"))


def test_arguments_are_the_strings_that_kubeadm_takes(patches: dict[str, Config]) -> None:
    settings = patches["ClusterConfiguration"]
    values = [v for part in ("controllerManager", "apiServer") for v in settings[part]["extraArgs"].values()]
    assert all(isinstance(value, str) for value in values)


def test_the_packet_rules_know_the_networks(config: Config) -> None:
    rules = (HERE / "node" / "node.nft").read_text()
    assert config["networking"]["podSubnet"] in rules
    assert config["networking"]["serviceSubnet"] in rules


@pytest.mark.parametrize("manifest", sorted((HERE / "manifests").glob("*.yaml")), ids=lambda path: path.name)
def test_manifests_are_objects(manifest: Path) -> None:
    objects = list(yaml.safe_load_all(manifest.read_text()))
    assert all({"apiVersion", "kind", "metadata"} <= set(found) for found in objects)


def test_a_taken_port_is_told_by_number_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Unusable, match=rf"Port {port} on 127\.0\.0\.1 is taken.*ss -ltnp"):
            require_free_ports([port])


def test_ports_are_read_from_the_configuration() -> None:
    assert host_ports(CONFIG.read_text()) == list(range(30080, 30088))


def test_each_system_of_the_repository_has_a_port_of_its_own() -> None:
    manifests = [file for part in ("scenarios", "tests") for file in (ROOT / part).rglob("*.yaml")]
    taken = [int(port) for file in manifests for port in re.findall(r"nodePort: (\d+)", file.read_text())]
    assert sorted([*taken, PORT]) == host_ports(CONFIG.read_text())


def test_another_image_makes_another_cluster() -> None:
    assert cluster_key("kindest/node:a") != cluster_key("kindest/node:b")


def test_the_metrics_image_is_the_one_that_a_node_made_here_holds() -> None:
    manifest = (HERE / "manifests" / "metrics-server.yaml").read_text()
    assert f"image: registry.k8s.io/metrics-server/metrics-server:{versions.METRICS_SERVER}\n" in manifest
