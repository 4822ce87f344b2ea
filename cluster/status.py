"""What is there, on one screen."""

import json

from cluster import versions
from cluster.cache import Cache
from cluster.docker import check_engine
from cluster.kind import ADDRESS, CONFIG, host_ports
from cluster.kubectl import Kubectl
from cluster.observation import RECORD, condition, nodes
from cluster.progress import say
from cluster.state import Condition

__all__ = ["show"]


def show(cache: Cache) -> None:
    """Print the state, the nodes, the ports and the versions that run."""
    check_engine()
    found = condition(cache)
    say(f"cluster   {versions.CLUSTER}: {found.condition.name.lower()}, {found.why}")
    for name, state in sorted(nodes().items()):
        say(f"node      {name}: {state}")
    say(f"context   {versions.CONTEXT}")
    say(f"users     {ADDRESS}:{', '.join(map(str, host_ports(CONFIG.read_text())))}")
    say(f"cache     {cache.root}: {_gigabytes(cache):.1f} GB, programs in {cache.bin}")
    if found.condition is Condition.HEALTHY:
        _show_record(Kubectl(cache.bin / "kubectl"))


def _show_record(kubectl: Kubectl) -> None:
    words = ("get", "configmap", RECORD, "--namespace", versions.NAMESPACE, "--output", "json")
    data = json.loads(kubectl.run(*words))["data"]
    for name, version in json.loads(data["versions.json"]).items():
        say(f"version   {name}: {version}")
    for component, settings in json.loads(data["tuning.json"]).items():
        said = ", ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())
        say(f"tuning    {component}: {said}")


def _gigabytes(cache: Cache) -> float:
    return sum(file.stat().st_size for file in cache.root.rglob("*") if file.is_file() and not file.is_symlink()) / 1e9
