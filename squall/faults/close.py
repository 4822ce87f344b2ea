"""``"api" is cluster-internal for 30s``: nobody outside reaches it any more."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact


@dataclass(frozen=True, slots=True)
class Close(ByApi):
    """A service's door, open to the outside (NodePort or LoadBalancer), becomes cluster-internal, and is opened again.

    The effect is that no node lets a new connection in. Connections that stand are not cut. It is opened with the
    node ports that it had; the address of a cloud's load balancer may be another one then. A door that is
    cluster-internal as it is, or cannot be reached from where squall runs, is not harmed.
    """

    keeps_callers_away: ClassVar[bool] = True
    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"{self.service} cluster-internal{self.until()}"
