"""A system on kind as an audit sees it: the API's objects, and in each node the processes, packets, quotas and files.

What is read inside nodes is read by their own programs, past all that squall says.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from squall.instances import Instance
from squall.platforms.kind.machine import Machine
from squall.platforms.kind.platform import Kind
from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.paths import NODES, within
from squall.platforms.kubernetes.objects.nodes import is_ready
from squall.platforms.kubernetes.run_lease import parsed
from squall.system.system import System
from tests.crash.store_ground import looked_into

INSIDE = (Path(__file__).parent / "inside_node.sh").read_text()
CONTROLLERS = ("kube-controller-manager", "kube-scheduler")
# They renew their leases every few seconds while they work.
WORKED_WITHIN = timedelta(seconds=15)
ANSWERS_WITHIN = 30
# What is the same before and after a run that is undone, and empty as long as nothing disturbs the cluster.
CLUSTER = ("nodes that are not ready", "controllers that do not work")
SYSTEM = "instances that are not ready"


@dataclass(frozen=True, slots=True)
class ClusterGround:
    """One system on one cluster."""

    system: System
    context: str

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield what must be after a run as it was before, by name. Raises SquallError: it cannot be read now."""
        with closing(Kind(self.system, self.context)) as kind:
            api = kind.harm_context.api
            yield from kind.baseline().items()
            nodes = api.items(NODES)
            yield CLUSTER[0], ", ".join(_name(node) for node in nodes if not is_ready(node))
            yield CLUSTER[1], ", ".join(name for name in CONTROLLERS if not _works(api, name))
            pods = [each for service in self.system.services for each in kind.instances(service)]
            yield SYSTEM, ", ".join(each.name for each in pods if not each.ready)
            stores = [store.endpoint for store in kind.stores().values()]
        yield from _machines([_name(node) for node in nodes], pods)
        for endpoint in stores:
            yield from looked_into(endpoint)


def _machines(nodes: Sequence[str], pods: Sequence[Instance]) -> Iterator[tuple[str, str]]:
    lines = []
    for node in nodes:
        yield f"machine {node}", Machine(node).state()
        lines += _inside(node, [each for each in pods if each.node == node])
    for kind in ("left", "quota", "score", "taken"):
        yield f"{kind} in nodes", "; ".join(sorted({line for line in lines if line.startswith(f"{kind}:")}))


def _inside(node: str, pods: Sequence[Instance]) -> list[str]:
    ids = [each.incarnation.split("/", 1)[1] for each in pods if "/" in each.incarnation]
    command = ["docker", "exec", "-i", node, "bash", "-s", "--", *ids]
    done = subprocess.run(command, input=INSIDE, capture_output=True, text=True, timeout=ANSWERS_WITHIN, check=False)
    return [*done.stdout.splitlines(), *([] if done.returncode == 0 else [f"left: {node}: {done.stderr.strip()}"])]


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _works(api: Api, controller: str) -> bool:
    said = parsed(api.find(within("kube-system", "lease", controller)))
    return said.renewed is not None and datetime.now(UTC) - said.renewed < WORKED_WITHIN
