"""What is done to a cluster's pods and Deployments by what everybody has for it: a deletion, the team's releaser."""

from collections.abc import Sequence
from pathlib import Path

from squall.instances import Evidence, Instance
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.deletion import delete
from squall.platforms.kubernetes.harms.release import Call, Releasing, call, expiring
from squall.platforms.kubernetes.ownership import OwnedCluster
from squall.safety.undo_log import Undo


class DeploymentHarms(OwnedCluster):
    """Offers Deletes, DeletesByForce and Releases.

    The platform that has it sets ``harm_context``, ``_releasing`` and ``released``.
    """

    harm_context: HarmContext
    _releasing: Releasing
    # Deployments that the team's releaser may change from now on.
    released: set[str]

    def plan_delete(self, instances: Sequence[Instance]) -> Sequence[Undo]:
        """Return nothing: their owner makes new ones."""
        return ()

    def delete(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete them and wait until they are gone."""
        return self._deleted(instances, within, None)

    def delete_by_force(self, instances: Sequence[Instance], within: float) -> Sequence[Evidence]:
        """Delete them without grace, as ``kubectl delete --force`` does."""
        return self._deleted(instances, within, 0)

    def _deleted(self, instances: Sequence[Instance], within: float, grace: int | None) -> Sequence[Evidence]:
        self._owned()
        evidence = delete(self._api, self._cluster.namespace, instances, within, self._clock, grace)
        self._announce(instances, "delete", 0.0)
        return evidence

    def keep_logs(self, folder: Path) -> None:
        """Have what the releaser prints kept in the run's folder."""
        self._releasing.logs = folder

    def plan_release(self, service: str, release: str) -> Sequence[Undo]:
        """Return the undo of the release, after that of its expiry: replayed, the latest entry is the first."""
        undo = self._releasing.undo(self._call(service, release).deployment)
        if (expiry := self.harm_context.expiry) is None:
            return [undo]
        expiry.check()
        return [expiry.undo(self._run, expiring(undo)), undo]

    def prepare_release(self, service: str, release: str) -> None:
        """Start the expiry, if this platform has one; the releaser has all that it needs."""
        if self.harm_context.expiry is not None:
            undo = self._releasing.undo(self._call(service, release).deployment)
            self.harm_context.expiry.start(self._run, expiring(undo))

    def release(self, service: str, release: str, within: float) -> Sequence[Evidence]:
        """Call the team's releaser."""
        self._owned()
        self.released.add(self._call(service, release).deployment)
        return [self._releasing.release(self._call(service, release), within, self._sink)]

    def close(self) -> None:
        """End the releaser, then what all harms use."""
        self._releasing.close()
        super().close()

    def _call(self, service: str, release: str) -> Call:
        return call(self._system, self._cluster, self._kubectl, service, release)
