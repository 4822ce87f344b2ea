"""What is still missing until a system is ready: one line at a time, the nearest cause first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from squall.platforms.kubernetes.api.client import Api, Object
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.objects.endpoints import SERVICE_LABEL, serving
from squall.platforms.kubernetes.objects.pods import ready, trouble
from squall.platforms.kubernetes.objects.workloads import Workloads, replicas, rolled_out


@dataclass(frozen=True, slots=True)
class Readiness:
    """Looks at workloads, pods, endpoints and at last at what users get (``answers`` says what is wrong there)."""

    api: Api
    workloads: Workloads
    answers: Callable[[], str]

    def missing(self) -> str:
        """Return what is waited for, or an empty text when all is there."""
        pods = self.workloads.pods()
        for service in sorted(self.workloads.cluster.services):
            if said := self._rollout(service, pods):
                return said
        return self._endpoints(pods) or self.answers()

    def given_up(self) -> Mapping[str, str]:
        """Return which Deployments' controllers have given up waiting for their pods, by the moment when each did so.

        They say so after ``progressDeadlineSeconds``, and say why the pods are not there nowhere else.
        """
        found = {}
        for service in sorted(self.workloads.cluster.services):
            workload = self.workloads.read(service)
            for said in (workload.get("status") or {}).get("conditions") or ():
                if said.get("reason") == "ProgressDeadlineExceeded" and said.get("status") == "False":
                    when = f"{service} {said.get('lastUpdateTime')} {said.get('lastTransitionTime')}"
                    found[when] = f"{service} was given up (ProgressDeadlineExceeded: {said.get('message')})"
        return found

    def _rollout(self, service: str, pods: Sequence[Object]) -> str:
        workload, members = self.workloads.read(service), self.workloads.members(service)
        wanted = replicas(workload)
        own = [pod for pod in pods if members.has(pod)]
        count = sum(ready(pod) for pod in own)
        if count == wanted == len(own) and rolled_out(workload):
            return ""
        troubles = sorted({trouble(pod) for pod in own if not ready(pod)})
        return f"{service} has {count} of {wanted} ready" + (f" ({', '.join(troubles)})" if troubles else "")

    def _endpoints(self, pods: Sequence[Object]) -> str:
        slices = self.api.items(within(self.workloads.cluster.namespace, "endpointslice"))
        for service, place in sorted(self.workloads.cluster.services.items()):
            if place.service is None:
                continue
            members = self.workloads.members(service)
            there = {str(pod["metadata"]["name"]) for pod in pods if members.has(pod) and ready(pod)}
            own = [piece for piece in slices if piece["metadata"]["labels"].get(SERVICE_LABEL) == place.service]
            given = {name for piece in own for name, is_ready in serving(piece).items() if is_ready}
            if given != there:
                return f"{service} has {len(given)} of {len(there)} endpoints"
        return ""
