"""A password is rotated: at its store, in the Secret, and in the pods that read it, which are started anew by turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from squall.agent.expiry.marks import mark_text, pointed
from squall.errors import HarnessFailed, InjectionFailed, Misuse, NotUndone
from squall.instances import Ended, Ending, Evidence
from squall.interval import Interval
from squall.platforms.capability import StoreHandle, Stores
from squall.platforms.kubernetes.access.rights import DEPLOYMENT, OF, REPLICASETS, SECRET, RightScope, rights
from squall.platforms.kubernetes.agents.pod import make_namespace
from squall.platforms.kubernetes.api.client import ApiFailed
from squall.platforms.kubernetes.api.object_ref import ObjectRef
from squall.platforms.kubernetes.api.paths import within
from squall.platforms.kubernetes.harms.context import HarmContext
from squall.platforms.kubernetes.harms.field_harm import LOOK_EVERY, until
from squall.platforms.kubernetes.harms.registry import does
from squall.platforms.kubernetes.harms.restart import anew, started_anew
from squall.platforms.kubernetes.harms.rotation_undo import HARM, ROTATION, rotation_undo
from squall.platforms.kubernetes.harms.secret_copy import Rotated, copy_of, kept
from squall.platforms.kubernetes.marks.apply import ChangedMeanwhile, harm, harm_undo, read_changes
from squall.platforms.kubernetes.marks.mark import FieldChange, Mark, UndoRecipe, marked_patch, reverted
from squall.platforms.kubernetes.objects.field_managers import keepers
from squall.platforms.kubernetes.objects.pods import ready, trouble
from squall.platforms.kubernetes.objects.references import reads
from squall.platforms.stores.endpoint import NEW, OLD
from squall.safety.undo_log import Undo, perform
from squall.system.stores import Login
from squall.waiting import poll

# A pod is stopped with its grace, one is started, and logs in.
LOGGED_IN_WITHIN = 60.0


# What was there before is kept in squall's own namespace; under which name, only the run knows.
@does(
    "SecretRotated", "to change a password at its store and in its Secret, and to restart who reads it",
    besides=(
        *OF[Stores].rights,
        *rights("", ("secrets",), ("patch",), names=(SECRET,)),
        *rights("", ("secrets",), ("create", "get", "delete"), RightScope.AGENTS),
        *DEPLOYMENT,
        *REPLICASETS,
    ),
)  # fmt: skip
@dataclass(frozen=True, slots=True)
class SecretRotatedHarm:
    """A password by which an application logs in to a database, by its key; the effect is who is let in with which.

    It does not end by itself when harness and guard are gone: the new password is then that of both ends, and works.
    """

    context: HarmContext
    service: str
    secret: str

    def __post_init__(self) -> None:
        self._found()

    @property
    def workload(self) -> ObjectRef:
        """The Deployment whose pods read the password. Raises Misuse: the service is no Deployment."""
        return self.context.workloads.deployment(self.service)

    @property
    def store(self) -> StoreHandle:
        """The database at which the password is changed."""
        return self._found()[0]

    @property
    def login(self) -> Login:
        """The application's login there."""
        return self._found()[1]

    @property
    def secret_object(self) -> ObjectRef:
        """The Secret, whose key is the login's."""
        return ObjectRef("secret", str(self.login.secret), self.workload.namespace)

    def _found(self) -> tuple[StoreHandle, Login]:
        """Return the store and the login whose password it is.

        Raises:
            Misuse: the system file does not name it as the application's at just one PostgreSQL that is disposable.
        """
        about = f'rotating the secret "{self.secret}" of "{self.service}"'
        databases = [store for store in self.context.stores().values() if store.endpoint.kind == "postgres"]
        there = [(store, login) for store in databases if (login := store.endpoint.application) and login.secret]
        there = [(store, login) for store, login in there if login.key == self.secret]
        if len(there) != 1:
            names = ", ".join(store.endpoint.service for store, _ in there) or "none"
            raise Misuse(
                f"{about}: stores must say of one PostgreSQL database that it is its application's ({names} does)"
            )
        ((store, login),) = there
        if not store.endpoint.disposable:
            raise Misuse(
                f"{about}: a password of {store.endpoint.service} is changed, which does not say disposable: true"
            )
        self.context.workloads.deployment(self.service)
        return store, login

    def warnings(self) -> Sequence[str]:
        """Return who else writes what is changed, and who else reads the Secret and is not started anew."""
        api, written = self.context.api, (self.secret_object, self.workload)
        found = [(place, api.find(place.path)) for place in written]
        lines = [f"{place} is {line}" for place, each in found if each is not None for line in keepers(each)]
        for kind in ("deployment", "statefulset"):
            for each in api.items(within(self.workload.namespace, kind)):
                other = ObjectRef(kind, str(each["metadata"]["name"]), self.workload.namespace)
                if other != self.workload and self.secret_object.name in reads(each["spec"]["template"], "secret"):
                    lines.append(f"{self.secret_object} is also read by {other}, which is not started anew")
        return lines

    def undo(self, run: str) -> Sequence[Undo]:
        """Return the entries: replayed, the password is back before the first pod starts anew."""
        api = self.context.api
        return [harm_undo(api, self.workload, run), rotation_undo(api, self._rotated(run))]

    def prepare(self, run: str) -> None:
        """Start the store's worker; squall's own namespace is where the password is kept."""
        make_namespace(self.context.api)
        self.store.attend(run)

    def harm(self, run: str, lasts: float) -> Sequence[Evidence]:
        """Change it at the store, then in the Secret; start the pods anew, and wait until one is logged in."""
        self.context.owned()
        api, secret = self.context.api, self.secret_object
        workload, found = self.context.workloads.read(self.service), api.find(secret.path)
        if found is None or secret.name not in reads(workload["spec"]["template"], "secret"):
            raise InjectionFailed(f"rotating {self.login.key}: {self.workload} reads no {secret}")
        if mark_text(found) is not None:
            raise ChangedMeanwhile(f"rotating {self.login.key} of {secret}: it bears the mark of another harm")
        copy = kept(api, self._rotated(run), found)
        at_store = self.store.harm(HARM, run, namespace=copy["metadata"]["namespace"], secret=copy["metadata"]["name"])
        if not at_store.proven:
            return [at_store]
        change = FieldChange(f"/data/{self.login.key}", copy["data"][OLD], copy["data"][NEW])
        mark = Mark(run, until(lasts), UndoRecipe(ROTATION, {"copy": copy["metadata"]["name"]}))
        try:
            api.patch_tested(secret.path, marked_patch(found, mark, [change]))
        except ApiFailed as error:
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                raise ChangedMeanwhile(f"rotating {self.login.key} of {secret}: it was changed meanwhile") from error
            raise InjectionFailed(f"rotating {self.login.key} of {secret}: {error.reason}") from error
        return [at_store, self._reaches_the_pods(run, lasts)]

    def end(self, run: str) -> Sequence[Ending]:
        """Take it back, the password first."""
        return [self._taken_back(entry) for entry in reversed(self.undo(run))]

    def ended(self, run: str) -> Sequence[Ending]:
        """Read what is no longer as the run wrote it."""
        now, endings = Interval.exact(self.context.clock.now()), []
        for place, how in ((self.secret_object, self._changed(run)), (self.workload, self._stopped(run))):
            if how:
                endings.append(Ending(str(place), Ended.BY_OTHERS, f"{place}: {how}", now))
        return endings

    def _rotated(self, run: str) -> Rotated:
        return Rotated(run, self.secret_object, self.login.key, self.store.endpoint)

    def _reaches_the_pods(self, run: str, lasts: float) -> Evidence:
        api, clock, place = self.context.api, self.context.clock, self.workload
        changes = read_changes(self.context.workloads.read(self.service), anew())
        replaced = self.context.workloads.incarnations_of(self.service)
        sent = clock.now()
        written = harm(api, place, run, until(lasts), changes)
        found = poll(
            lambda: self._logged_in(written, run, sent), within=LOGGED_IN_WITHIN, every=LOOK_EVERY, clock=clock
        )
        how = found or f"no pod of {place} that was started anew has logged in for {LOGGED_IN_WITHIN:g} s"
        return Evidence(str(place), bool(found), how, Interval(sent, clock.now()), replaced)

    def _logged_in(self, written: Mapping[str, object], run: str, since: float) -> str:
        """Look for a pod of the restart from whose address the application has logged in since a moment."""
        if not (pods := started_anew(self.context.workloads.pods_of(self.service), written)):
            return ""
        asked = self.context.clock.now()
        ages = self.store.logins(run)
        for pod in pods:
            address = str((pod.get("status") or {}).get("podIP"))
            if address in ages and asked - ages[address] > since:
                state = "ready" if ready(pod) else trouble(pod)
                return f"pod {pod['metadata']['name']} ({state}) was started anew, and logged in as {self.login.user}"
        return ""

    def _taken_back(self, entry: Undo) -> Ending:
        before = self.context.clock.now()
        try:
            proof = perform(entry)
        except NotUndone as error:
            raise HarnessFailed(f"ending the rotation of {self.login.key}: {error}") from error
        return Ending(entry.about, Ended.AS_STATED, proof, Interval(before, self.context.clock.now()))

    def _changed(self, run: str) -> str:
        found = self.context.api.find(self.secret_object.path)
        copy = self.context.api.find(copy_of(run, self.secret_object, self.login.key).path)
        if found is None or copy is None:
            return "it, or what is kept of it, is gone"
        text = mark_text(found)
        if text is None or Mark.parsed(text).run != run:
            return "its mark was taken away by someone else"
        same = pointed(found, f"/data/{self.login.key}") == copy["data"][NEW]
        return "" if same else f"{self.login.key} was changed by someone else"

    def _stopped(self, run: str) -> str:
        found = self.context.api.find(self.workload.path)
        return "it is gone" if found is None else reverted(found, run)
