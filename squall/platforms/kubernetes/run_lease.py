"""The lease of a run on a system's namespace, kept in a Lease object; each write checks the version that was read.

A holder lives as long as it renews: who asks looks for a lease's length, by a clock of this machine. What a Lease says
of times is another machine's word, or anybody's who may write one.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

from squall.clock import SYSTEM, Clock
from squall.errors import HarnessFailed, Misuse
from squall.platforms.kubernetes.api.client import Api, ApiFailed, Object
from squall.platforms.kubernetes.api.paths import namespace as namespace_path
from squall.platforms.kubernetes.api.paths import within
from squall.safety.lease import LENGTH, Lease
from squall.waiting import poll

NAME = "squall"
TRIES = 5
LOOK_EVERY = 0.5
# No lease of squall's is longer (s).
LONGEST = 60
ALL = "/apis/coordination.k8s.io/v1/leases"


class RunLease:
    """The lease of one namespace; ``clock`` tells how long its holder was silent."""

    def __init__(self, api: Api, namespace: str, clock: Clock = SYSTEM) -> None:
        self._api, self._namespace, self._clock = api, namespace, clock
        self._path = within(namespace, "lease", NAME)

    def take(self, run: str) -> Lease:
        """Take it for a run, or renew it; one that another run holds, once that has not renewed it for its length.

        Raises:
            Misuse: another run renews it; HarnessFailed: it changes hands again and again.
        """
        for _ in range(TRIES):
            found = self._api.find(self._path)
            lease = parsed(found)
            if lease.holder not in {"", run}:
                found = self._unless_renewed(found)
                lease = parsed(found)
            if self._written(found, mine := lease.taken(run, datetime.now(UTC))):
                return mine
        raise HarnessFailed(f"taking the lease of {self._namespace}: it changed {TRIES} times meanwhile")

    def _unless_renewed(self, found: Object | None) -> Object | None:
        """Return it as it is when its holder was silent for its length, or has released it. Raises Misuse."""
        now = poll(lambda: self._api.find(self._path), within=LENGTH, every=LOOK_EVERY, clock=self._clock,
                   done=lambda seen: _said(seen) != _said(found))  # fmt: skip
        if (holder := parsed(now).holder) and _said(now) != _said(found):
            raise Misuse(
                f"{self._namespace} in {self._api.context} is held by the run {holder}, which renews its lease: wait "
                f"for its end; if it hangs: squall undo --context {self._api.context} --force"
            )
        return now

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


def held(api: Api, namespaces: Sequence[str]) -> Mapping[str, Lease]:
    """Return the leases of these namespaces that somebody holds. Raises ApiFailed."""
    try:
        items = api.items(ALL, {"fieldSelector": f"metadata.name={NAME}"})
    except ApiFailed as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        found = {name: parsed(api.find(within(name, "lease", NAME))) for name in namespaces}
    else:
        # Whoever may write Leases in a namespace that is not permitted has no say.
        found = {str(each["metadata"]["namespace"]): parsed(each) for each in items}
    return {name: found[name] for name in namespaces if name in found and found[name].holder}


def renewing(api: Api, leases: Mapping[str, Lease], clock: Clock) -> Collection[str]:
    """Return the runs that hold leases and renew them: those whose lease changes while we look for its length."""
    alive, wanted = set[str](), {lease.holder for lease in leases.values()}

    def look() -> bool:
        now = held(api, list(leases))
        alive.update(now[name].holder for name, was in leases.items() if name in now and now[name] != was)
        return alive >= wanted

    if wanted:
        poll(look, within=LENGTH, every=LOOK_EVERY, clock=clock)
    return alive


def _said(found: Object | None) -> object:
    return (found or {}).get("spec")


def parsed(found: Object | None) -> Lease:
    """Return the lease that an object holds; what nobody can have meant in it is passed over."""
    said: Mapping[str, object] = _said(found) or {}  # type: ignore[assignment]
    lease = Lease(str(said.get("holderIdentity") or ""))
    with suppress(ValueError):
        lease = replace(lease, epoch=int(str(said.get("leaseTransitions") or 0)))
    with suppress(ValueError):
        lease = replace(
            lease, renewed=datetime.fromisoformat(str(said["renewTime"])) if said.get("renewTime") else None
        )
    with suppress(ValueError):
        length = int(str(said.get("leaseDurationSeconds") or int(LENGTH)))
        lease = replace(lease, length=float(min(max(length, 0), LONGEST)))
    return lease


def spec(lease: Lease) -> Object:
    """Return the object's spec for a lease."""
    return {
        "holderIdentity": lease.holder,
        "leaseTransitions": lease.epoch,
        "leaseDurationSeconds": int(lease.length),
        "renewTime": lease.renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if lease.renewed else None,
    }
