"""The harms that agents on the nodes of a cluster can do, as a platform offers them."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from pydantic import JsonValue as Json

from squall.agent.harms.contract import Means
from squall.agent.harms.proxied import WATCH_CALLS
from squall.agent.harms.registry import harms_by
from squall.agent.service.orders import LONGEST
from squall.instances import Address, Ending, Evidence, Instance
from squall.platforms.kubernetes.agents.agents import Agents
from squall.platforms.kubernetes.objects.service_addresses import addresses
from squall.platforms.kubernetes.objects.workloads import Workloads
from squall.platforms.kubernetes.ownership import OwnedCluster
from squall.record.calls import CallCounts
from squall.safety.undo_log import Undo


class AgentHarms(OwnedCluster):
    """Offers Host, Network and CountsCalls. The platform that has it sets ``_agents`` and ``_workloads``."""

    means: ClassVar[Collection[Means]] = frozenset(Means)
    _agents: Agents
    _workloads: Workloads

    def harms(self) -> Collection[str]:
        return harms_by(self.means)

    def plan_agents(self, instances: Sequence[Instance], run: str) -> Sequence[Undo]:
        return self._agents.plan_agents(instances, run)

    def start_agents(self, instances: Sequence[Instance], run: str) -> None:
        self._guard()
        self._agents.start_agents(instances, run)

    def harm(self, name: str, instances: Sequence[Instance], **order: Json) -> Sequence[Evidence]:
        self._owned()
        evidence = self._agents.harm(name, instances, **order)
        self._announce(instances, name, float(str(order.get("lasts", 0))))
        return evidence

    def end(self, name: str, instances: Sequence[Instance]) -> Sequence[Ending]:
        return self._agents.end(name, instances)

    def count_calls(self, instances: Sequence[Instance]) -> Sequence[Evidence]:
        """Have the agents count the instances' calls for as long as they may."""
        self._owned()
        return self._agents.harm(WATCH_CALLS, instances, lasts=LONGEST)

    def passed(self, instance: Instance) -> CallCounts | None:
        return self._agents.passed(instance)

    def addresses(self, service: str) -> Sequence[Address]:
        """Return those of its pods, and its Service's own."""
        return addresses(self._workloads.pods_of(service), self._workloads.front(service))

    def close(self) -> None:
        """Close the streams to the agents, then what all harms use."""
        self._agents.close()
        super().close()
