"""The arguments of each kind of undo, as squall writes them."""

import tempfile
from collections.abc import Mapping
from typing import Any

from squall.platforms.this_machine.instance_folder import PREFIX

Args = dict[str, Any]
TMP = tempfile.gettempdir()

CLUSTER: Args = {"context": "kind-squall", "kubeconfig": None, "cluster": "3f8e-1", "run": "r"}
SPACE: Args = {**CLUSTER, "namespace": "shop"}
FORWARDED: Args = {"context": "c", "kubeconfig": None, "namespace": "shop", "service": "db", "port": 5432}
ENDPOINT: Args = {"service": "db", "kind": "postgres", "place": FORWARDED}
FOLDER: Args = {"folder": f"{TMP}/{PREFIX}0123456789ab"}
# Arguments as squall writes them, for each kind.
GOOD: Mapping[str, Args] = {
    "alertmanager.silence": {"url": "https://a.example", "labels": {"namespace": "shop"}, "variable": "TOKEN",
                             "run": "r"},
    "compose.project": {
        "folder": f"{TMP}/squall-compose-0123456789ab", "project": "squall-0a1b", "run": "r",
        "docker": "/nowhere.sock",
    },
    "kubernetes.pod": {**SPACE, "name": "probe-1"},
    "kubernetes.lease": SPACE,
    "kubernetes.expiry": {**SPACE, "name": "expiry-1", "marked": ["/apis/apps/v1/namespaces/shop/deployments/api"]},
    "kubernetes.agent": {**SPACE, "namespace": "squall", "name": "agent-1", "node": "worker", "image": "a/b@sha256:0f"},
    "kubernetes.harm": {**SPACE, "kind": "deployment", "name": "api"},
    "kubernetes.outage": {**SPACE, "tiers": [[["deployment", "api"]], [["statefulset", "db"]]]},
    "kubernetes.release": {
        **{key: value for key, value in SPACE.items() if key != "run"},
        "deployment": "api", "hash": "7c9f", "number": 3,
        "releaser": f"{TMP}/squall-releaser-0a1b2c3d4e5f.json",
    },
    "kubernetes.rotation": {**SPACE, "secret": "db", "key": "password", "endpoint": ENDPOINT},
    "kind.machine": {**CLUSTER, "node": "squall-worker"},
    "kind.api_server": {**CLUSTER, "node": "squall-control-plane", "container": "0f" * 32},
    "store": {"endpoint": ENDPOINT, "run": "r", "harm": "locks", "before": {}},
    "local.processes": FOLDER,
    "local.agent": FOLDER,
    "local.lease": {**FOLDER, "run": "r"},
    "local.release": {**FOLDER, "service": "api"},
    "local.deletion": {**FOLDER, "names": ["api-0", "api-1"]},
    "simulated": {},
}  # fmt: skip
