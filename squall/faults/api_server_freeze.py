"""``the API server freezes for 20s``: the cluster cannot be asked, and cannot heal anything; what runs goes on."""

from dataclasses import dataclass
from typing import ClassVar

from squall.faults.by_api import ByApi
from squall.instances import Impact

# Seconds; kubeadm's probe gives the API server up after some 90 s without an answer.
LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class ApiServerFreeze(ByApi):
    """The process of the API server is stopped (SIGSTOP) for a time: whoever calls it hangs.

    The effect is a call that is not answered within 1s, beside one before, and the state T of the process. Only on
    kind, where the control plane is a container of this machine; the one harm that touches a control plane. Undone
    without the API server: at its end, by the guard, by ``squall undo``, and by a timer in the node.

    Nothing of the platform is seen meanwhile (pods, endpoints, gauges), and claims about that are INCONCLUSIVE for as
    long; what users see is judged as ever. Agents hear nothing: what they hold ends after 15s. After more than 10s the
    controllers lose their own leases and start anew.
    """

    impact: ClassVar[Impact] = Impact.CALLS

    def describe(self) -> str:
        return f"the API server frozen{self.until()}"
