"""``"api" is cluster-internal for 30s``: nobody outside reaches it any more."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class Close(ByApi):
    """A Kubernetes Service that is open to the outside (NodePort or LoadBalancer) is ClusterIP for a time.

    The effect is that no node lets a new connection in. Established connections are not cut. It is opened with the
    node ports that it had; the address of a cloud's load balancer may be another one then. A Service that is
    cluster-internal already, or cannot be reached from where squall runs, is not harmed.
    """

    keeps_callers_away: ClassVar[bool] = True
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"{self.service} cluster-internal{self.until()}"
