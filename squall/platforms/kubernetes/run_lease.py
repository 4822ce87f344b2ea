"""The lease of a run on a system's namespace, kept in a Lease object; each write checks the version that was read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from squall.errors import HarnessFailed, Misuse
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.paths import namespace as namespace_path
from squall.platforms.kubernetes.api.paths import within
from squall.safety.lease import LENGTH, Lease

NAME = "squall"
TRIES = 5


class RunLease:
    """The lease of one namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api, self._namespace = api, namespace
        self._path = within(namespace, "lease", NAME)

    def take(self, run: str) -> Lease:
        """Take it for a run, or renew it.

        Raises:
            Misuse: another run holds it; HarnessFailed: it changes hands again and again.
        """
        for _ in range(TRIES):
            found, now = self._api.find(self._path), datetime.now(UTC)
            lease = parsed(found)
            if not lease.free(run, now):
                raise Misuse(
                    f"{self._namespace} in {self._api.context} is held by the run {lease.holder} until "
                    f"{lease.until:%H:%M:%S} UTC unless it renews: wait for its end; if it is dead: "
                    f"squall undo --context {self._api.context}"
                )
            if self._written(found, mine := lease.taken(run, now)):
                return mine
        raise HarnessFailed(f"taking the lease of {self._namespace}: it changed {TRIES} times meanwhile")

    def renew(self, run: str) -> bool:
        """Renew it; False if the run no longer holds it."""
        found = self._api.find(self._path)
        lease = parsed(found)
        return lease.holder == run and self._written(found, lease.taken(run, datetime.now(UTC)))

    def release(self, run: str) -> str:
        """Give it back if the run still holds it, and return what was read back. The epoch stays."""
        found = self._api.find(self._path)
        lease = parsed(found)
        if lease.holder != run:
            return f"held by {lease.holder or 'nobody'}: left alone"
        if not self._written(found, Lease("", lease.epoch, datetime.now(UTC))):
            return self.release(run)
        return f"held by {parsed(self._api.find(self._path)).holder or 'nobody'}"

    def _written(self, found: Object | None, lease: Lease) -> bool:
        meta = {"name": NAME, "namespace": self._namespace}
        if found is not None:
            meta["resourceVersion"] = str(found["metadata"]["resourceVersion"])
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec(lease)}
        try:
            if found is None:
                self._created(body)
            else:
                self._api.replace(self._path, body)
        except ApiFailed as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise
        return True

    def _created(self, body: Object) -> None:
        try:
            self._api.create(within(self._namespace, "lease"), body)
        except ApiFailed as error:
            # The lease is taken before the system is deployed, so that two runs cannot deploy it at once.
            if error.status != HTTPStatus.NOT_FOUND or self._api.find(namespace_path(self._namespace)) is not None:
                raise
            new = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
            self._api.create("/api/v1/namespaces", new)
            self._api.create(within(self._namespace, "lease"), body)


def parsed(found: Object | None) -> Lease:
    """Return the lease that an object holds."""
    said: Mapping[str, object] = (found or {}).get("spec") or {}
    renewed = said.get("renewTime")
    return Lease(
        holder=str(said.get("holderIdentity") or ""),
        epoch=int(str(said.get("leaseTransitions") or 0)),
        renewed=datetime.fromisoformat(str(renewed)) if renewed else None,
        length=float(str(said.get("leaseDurationSeconds") or LENGTH)),
    )


def spec(lease: Lease) -> Object:
    """Return the object's spec for a lease."""
    return {
        "holderIdentity": lease.holder,
        "leaseTransitions": lease.epoch,
        "leaseDurationSeconds": int(lease.length),
        "renewTime": lease.renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if lease.renewed else None,
    }
