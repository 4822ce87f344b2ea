"""What must be sure before a cluster is harmed: that this platform may, and that this run has the system's lease."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import ClassVar

from squall.clock import Clock
from squall.errors import InjectionFailed
from squall.instances import Instance
from squall.platforms.capability import Sink
from squall.platforms.kubectl import Kubectl
from squall.platforms.kubernetes.access.guard_rails import permit
from squall.platforms.kubernetes.announcement import announce
from squall.platforms.kubernetes.api.client import Api, ApiFailed
from squall.platforms.kubernetes.api.paths import NAMESPACES
from squall.platforms.kubernetes.leftovers import marks_of_dead_runs
from squall.platforms.kubernetes.run_lease import RunLease
from squall.platforms.kubernetes.undo import lease_undo
from squall.record.event import Noted
from squall.safety.lease import Renewal
from squall.safety.undo_log import Undo
from squall.system.cluster import Cluster
from squall.system.system import System


class OwnedCluster:
    """A cluster, and in it the namespace of one system, that is harmed only by the run that owns it.

    ``context`` is the kubeconfig's current one if none is given. Nothing is asked of the cluster before ``check``.

    Raises:
        Misuse: the kubeconfig has no such context.
    """

    # What the namespaces are chosen by that runs of this platform may harm (a query of the API).
    permitted_by: ClassVar[Mapping[str, str]] = {}

    def __init__(self, system: System, cluster: Cluster, context: str | None, clock: Clock) -> None:
        self._system, self._cluster, self._clock = system, cluster, clock
        self._api = Api(context)
        self.context = self._api.context
        self._kubectl = Kubectl(self.context, self._api.frozen.path)
        self._sink: Sink = lambda event: None
        self._renewal: Renewal | None = None
        self._run = ""
        self._proven = False

    def check(self) -> None:
        """Raise Misuse unless the cluster is there, and the namespace in it may be harmed."""
        permit(self._cluster.namespace)
        self._prove()
        self._proven = True

    def leftovers(self) -> Sequence[str]:
        """Return the harms of dead runs, by the marks that they bear."""
        return [
            f"{each.run or 'unknown'}: {each.about}"
            for each in marks_of_dead_runs(
                self._api, self._cluster.namespace, self._permitted(), self._clock, datetime.now(UTC)
            )
        ]

    def claim_run(self, run: str) -> Undo:
        """Take the namespace's lease and renew it until ``close``."""
        self._guard()
        lease = RunLease(self._api, self._cluster.namespace, self._clock)
        lease.take(run)
        self._renewal, self._run = Renewal(lambda: lease.renew(run), tell=self._note), run
        return lease_undo(self._api, self._cluster.namespace, run)

    def close(self) -> None:
        """End the renewing, and the connections."""
        if self._renewal is not None:
            self._renewal.stop()
            self._renewal = None
        self._api.close()

    def _permitted(self) -> Sequence[str]:
        """Return the namespaces in which a run may hold a lease, as far as we may know."""
        try:
            found = self._api.items(NAMESPACES, self.permitted_by)
        except ApiFailed as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return ()
        return [str(each["metadata"]["name"]) for each in found]

    def _prove(self) -> None:
        """Raise Misuse unless this platform may harm this cluster."""
        raise NotImplementedError

    def _still_permitted(self) -> str:
        """Say why the system may no longer be harmed, though it could be at ``check``; empty: it may."""
        return ""

    def _guard(self) -> None:
        if not self._proven:
            self.check()

    def _owned(self) -> None:
        """Raise InjectionFailed unless the run has the lease, and the permission that it had."""
        self._guard()
        if self._renewal is None:
            raise InjectionFailed(f"harming {self._system.name}: this run does not hold its lease")
        if self._renewal.lost is not None:
            raise InjectionFailed(f"harming {self._system.name}: the run's lease is lost: {self._renewal.lost}")
        if why := self._still_permitted():
            raise InjectionFailed(f"harming {self._system.name}: {why}")

    def _announce(self, instances: Sequence[Instance], what: str, lasts: float) -> None:
        for text in announce(self._api, self._cluster.namespace, instances, what, self._run, lasts):
            self._note(text)

    def _note(self, text: str) -> None:
        self._sink(Noted(self._clock.now(), "squall", text=text))
